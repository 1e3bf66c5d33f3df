-- Segments are most of what there is: left out, they aren't grouped at all.
SELECT p.indicator AS Indicator, p.segment AS Segment, toFloat64(p.value) AS Value, toFloat64(p.numerator) AS Numerator,
       toFloat64(p.denominator) AS Denominator, p.labs AS Labs, p.over_labs AS OverLabs, i.name_fr AS NameFR, i.name_en AS NameEN, i.unit AS Unit
FROM {{programme_figures_over(as_of = {as_of:Date}, segments = {segments:Bool})}} AS p
INNER JOIN (SELECT code, position, name_fr, name_en, unit FROM indicators) AS i ON p.indicator = i.code
ORDER BY i.position, p.segment
