-- What the chosen labs did in the time range: sums are added, stocks are those of the last month, companies count once.
SELECT toFloat64(sumIf(value, indicator = 'D01')) AS discoveries, toFloat64(sumIf(value, indicator = 'D02')) AS visitors,
       toFloat64(sumIf(value, indicator = 'T01')) AS sessions, toFloat64(sumIf(value, indicator = 'T02')) AS trainee_hours,
       toFloat64(sumIf(value, indicator = 'T03')) AS trainees,
       toFloat64(100 * sumIf(above, indicator = 'T04') / nullIf(sumIf(below, indicator = 'T04'), 0)) AS fill_rate,
       toFloat64(argMaxIf(value, month, indicator = 'K01')) AS partnerships,
       toFloat64(sumIf(value, indicator = 'K03')) AS joint_actions,
       toFloat64(sumIf(value, indicator = 'V01')) AS mentions, toFloat64(sumIf(value, indicator = 'V02')) AS national_mentions,
       toFloat64(sumIf(value, indicator = 'V03')) AS visits, toFloat64(sumIf(value, indicator = 'V04')) AS projects
FROM (
    SELECT indicator, month, sum(k.value) AS value, sum(k.numerator) AS above, sum(k.denominator) AS below
    FROM vitrine.kpi_monthly AS k
    WHERE segment = '' AND indicator IN ('D01', 'D02', 'T01', 'T02', 'T03', 'T04', 'K01', 'K03', 'V01', 'V02', 'V03', 'V04')
      AND $__dateFilter(month) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
    GROUP BY indicator, month
)
HAVING count() > 0
