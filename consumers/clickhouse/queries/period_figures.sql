SELECT k.lab AS Lab, k.indicator AS Indicator, k.period AS Period, k.segment AS Segment, k.value AS Value, k.numerator AS Numerator, k.denominator AS Denominator
FROM kpi_by_period(grain = {grain:String}, as_of = {as_of:Date}) AS k
INNER JOIN (SELECT code, position FROM indicators) AS i ON k.indicator = i.code
WHERE k.lab = {lab:String} AND k.period = {period:Date}
ORDER BY i.position, Indicator, Segment
