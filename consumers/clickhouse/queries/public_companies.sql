-- The different companies that indicators count, by quarter, up to a day.
SELECT lab AS Lab, CAST(name, 'String') AS Indicator, toDate(toStartOfQuarter(day)) AS Quarter, arraySort(groupUniqArray(ref)) AS Refs
FROM kpi_cells FINAL
ARRAY JOIN item_indicator AS name, item_part AS part, item_fn AS fn, item_day AS day, item_segment AS part_of, item_ref AS ref
WHERE part_of = '' AND fn = 'distinct' AND part = 'numerator' AND day <= {until:Date} AND name IN {codes:Array(String)}
GROUP BY lab, name, Quarter
ORDER BY lab, Indicator, Quarter
