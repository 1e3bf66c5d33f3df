SELECT toDateTime(m.month) AS time, concat(m.indicator, ' ', i.name_{{lang}}) AS series, toFloat64(sum(m.value)) AS value
FROM vitrine.kpi_monthly AS m
INNER JOIN vitrine.indicators AS i ON m.indicator = i.code
WHERE m.indicator IN ('V01', 'V03', 'V04') AND m.segment = '' AND $__dateFilter(m.month) AND $__conditionalAll(m.lab IN (${lab:singlequote}), $lab)
GROUP BY time, series
ORDER BY time, series
