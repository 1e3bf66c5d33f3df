SELECT c.lab AS Lab, c.indicator AS Indicator, c.segment AS Segment, c.target AS Target, c.baseline AS Baseline, c.actual AS Actual,
       c.percent AS Percent, c.expected AS Expected, c.pace AS Pace, c.projected AS Projected, c.status AS Status,
       c.from_date AS From, c.due_date AS Due, c.unit AS Unit, i.name_fr AS NameFR, i.name_en AS NameEN
FROM commitment_status_as_of(as_of = {as_of:Date}) AS c
INNER JOIN (SELECT code, position, name_fr, name_en FROM indicators) AS i ON c.indicator = i.code
WHERE {lab:String} = '' OR c.lab = {lab:String}
ORDER BY c.lab, i.position, c.segment, c.due_date
