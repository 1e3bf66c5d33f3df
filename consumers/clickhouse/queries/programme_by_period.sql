SELECT p.indicator AS Indicator, p.segment AS Segment, p.period AS Period, toFloat64(p.value) AS Value, toFloat64(p.numerator) AS Numerator,
       toFloat64(p.denominator) AS Denominator, p.labs AS Labs, p.over_labs AS OverLabs, i.name_fr AS NameFR, i.name_en AS NameEN, i.unit AS Unit
FROM programme_by_period(grain = {grain:String}, as_of = {as_of:Date}) AS p
INNER JOIN (SELECT code, position, name_fr, name_en, unit FROM indicators) AS i ON p.indicator = i.code
WHERE p.period BETWEEN {from:Date} AND {as_of:Date} AND ({segments:Bool} OR p.segment = '')
ORDER BY i.position, p.segment, p.period
