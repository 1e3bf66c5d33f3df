SELECT transform(code, {{words topic}}, code) AS topic, toFloat64(sumIf(value, indicator = 'T01')) AS sessions,
       toFloat64(sumIf(value, indicator = 'T02')) AS trainee_hours, toFloat64(sumIf(value, indicator = 'T03')) AS trainees,
       toFloat64(100 * sumIf(numerator, indicator = 'T04') / nullIf(sumIf(denominator, indicator = 'T04'), 0)) AS fill_rate
FROM (
    SELECT indicator, splitByChar('=', segment)[2] AS code, value, numerator, denominator
    FROM vitrine.kpi_monthly
    WHERE indicator IN ('T01', 'T02', 'T03', 'T04') AND startsWith(segment, 'topic=') AND $__dateFilter(month)
      AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
)
GROUP BY topic
ORDER BY sessions DESC, topic
