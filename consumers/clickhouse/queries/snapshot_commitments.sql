SELECT c.lab AS Lab, c.indicator AS Indicator, c.segment AS Segment, toFloat64(c.target) AS Target, toFloat64(c.baseline) AS Baseline,
       toFloat64(c.actual) AS Actual, toFloat64(c.percent) AS Percent, toFloat64(c.expected) AS Expected, toFloat64(c.pace) AS Pace,
       toFloat64(c.projected) AS Projected, c.status AS Status,
       c.from_date AS From, c.due_date AS Due, c.unit AS Unit, i.name_fr AS NameFR, i.name_en AS NameEN
FROM period_commitments AS c
LEFT JOIN (SELECT code, position, name_fr, name_en FROM indicators) AS i ON c.indicator = i.code
WHERE c.lab = {lab:String} AND c.period = {period:String}
ORDER BY i.position, c.segment, c.due_date
