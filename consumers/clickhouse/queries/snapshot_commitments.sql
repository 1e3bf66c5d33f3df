SELECT c.lab AS Lab, c.agreement AS Agreement, c.number AS Number, c.indicator AS Indicator, c.segment AS Segment, c.mode AS Mode, c.every AS Every,
       c.direction AS Direction, c.aggregation AS Aggregation, toFloat64(c.target) AS Target, toFloat64(c.baseline) AS Baseline,
       toFloat64(c.actual) AS Actual, toFloat64(c.percent) AS Percent, toFloat64(c.expected) AS Expected, toFloat64(c.pace) AS Pace,
       toFloat64(c.projected) AS Projected, toFloat64(c.projected_low) AS ProjectedLow, toFloat64(c.projected_high) AS ProjectedHigh,
       toFloat64(c.needed_per_month) AS NeededPerMonth, c.status AS Status, c.as_of AS AsOf,
       c.from_date AS From, c.due_date AS Due, c.unit AS Unit,
       if(empty(i.code), c.indicator, i.name_fr) AS NameFR, if(empty(i.code), c.indicator, i.name_en) AS NameEN
FROM period_commitments AS c
LEFT JOIN (SELECT code, position, name_fr, name_en FROM indicators) AS i ON c.indicator = i.code
WHERE c.lab BETWEEN {from:String} AND {to:String} AND ({period:String} = '' OR c.period = {period:String})
ORDER BY c.lab, c.as_of, empty(i.code), i.position, c.segment, c.due_date, c.agreement, c.number
