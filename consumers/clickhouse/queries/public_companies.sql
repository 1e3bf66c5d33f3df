-- The different companies that indicators count, by quarter, up to a day.
SELECT lab AS Lab, indicator AS Indicator, toDate(toStartOfQuarter(day)) AS Quarter, arraySort(groupUniqArray(ref)) AS Refs
FROM kpi_items
WHERE segment = '' AND fn = 'distinct' AND part = 'numerator' AND day <= {until:Date} AND indicator IN {codes:Array(String)}
GROUP BY lab, indicator, Quarter
ORDER BY lab, indicator, Quarter
