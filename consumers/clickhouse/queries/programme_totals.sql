-- From the start to a day, over all labs: sums are added, references united.
SELECT i.code AS Code, any(i.name_fr) AS NameFR, any(i.name_en) AS NameEN, any(i.unit) AS Unit,
       toFloat64(divideDecimal(sumIf(k.amount, k.fn = 'sum') + toDecimal128(uniqExactIf(k.ref, k.fn = 'distinct'), 6), any(i.scale), 6)) AS Value
FROM kpi_items AS k
INNER JOIN (SELECT code, position, name_fr, name_en, unit, scale FROM indicators WHERE aggregation IN ('sum', 'distinct')) AS i ON k.indicator = i.code
WHERE k.segment = '' AND k.day <= {as_of:Date} AND i.code IN {codes:Array(String)}
GROUP BY i.code, i.position
ORDER BY i.position
