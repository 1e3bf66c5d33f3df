SELECT toDateTime(month) AS time, transform(code, {{words type}}, code) AS series, toFloat64(sum(value)) AS value
FROM (
    SELECT month, splitByChar('=', segment)[2] AS code, value
    FROM vitrine.kpi_monthly
    WHERE indicator = 'D01' AND startsWith(segment, 'type=') AND $__dateFilter(month) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
)
GROUP BY time, series
ORDER BY time, series
