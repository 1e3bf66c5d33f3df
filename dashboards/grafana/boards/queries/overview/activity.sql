SELECT toDateTime(month) AS time, transform(code, {{words kinds}}, code) AS action, toFloat64(sum(value)) AS value
FROM (
    SELECT m.month AS month, splitByChar('=', m.segment)[2] AS code, m.value AS value
    FROM vitrine.kpi_monthly AS m
    WHERE m.indicator = 'A01' AND startsWith(m.segment, 'action_kind=') AND $__dateFilter(m.month)
      AND m.lab IN (SELECT lab FROM vitrine.labs WHERE $__conditionalAll(region IN (${region:singlequote}), $region))
)
GROUP BY time, action
ORDER BY time, action
