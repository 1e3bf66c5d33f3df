-- From the start to a day, over all labs: sums are added, references united. (What is picked is picked while names are numbers, and only the
-- arrays are joined that are used: of all labs, that takes two thirds of the time.)
SELECT i.code AS Code, any(i.name_fr) AS NameFR, any(i.name_en) AS NameEN, any(i.unit) AS Unit,
       toFloat64((sumIf(k.amount, k.fn = 'sum') + toDecimal128(uniqExactIf(k.ref, k.fn = 'distinct'), 6)) / any(i.scale)) AS Value
FROM (
    SELECT CAST(name, 'String') AS indicator, fn, ref, amount
    FROM kpi_cells FINAL
    ARRAY JOIN item_indicator AS name, item_fn AS fn, item_day AS day, item_segment AS part_of, item_ref AS ref, item_amount AS amount
    WHERE part_of = '' AND day <= {as_of:Date} AND name IN {codes:Array(String)}
) AS k
INNER JOIN (SELECT code, position, name_fr, name_en, unit, scale FROM indicators WHERE aggregation IN ('sum', 'distinct')) AS i ON k.indicator = i.code
GROUP BY i.code, i.position
ORDER BY i.position
