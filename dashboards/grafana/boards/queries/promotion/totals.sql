-- What the chosen labs did in the time range: sums are added, stocks are those of the last month, companies count once.
WITH (
    SELECT max(month) FROM vitrine.kpi_monthly WHERE indicator = 'K01' AND segment = '' AND month <= $__toTime
) AS last_month
SELECT toFloat64(sumIf(value, indicator = 'D01')) AS discoveries, toFloat64(sumIf(value, indicator = 'D02')) AS visitors,
       toFloat64(sumIf(value, indicator = 'T01')) AS sessions, toFloat64(sumIf(value, indicator = 'T02')) AS trainee_hours,
       toFloat64(sumIf(value, indicator = 'T03')) AS trainees,
       toFloat64(100 * sumIf(numerator, indicator = 'T04') / nullIf(sumIf(denominator, indicator = 'T04'), 0)) AS fill_rate,
       toFloat64(sumIf(value, indicator = 'K01' AND month = last_month)) AS partnerships,
       toFloat64(sumIf(value, indicator = 'K03')) AS joint_actions,
       toFloat64(sumIf(value, indicator = 'V01')) AS mentions, toFloat64(sumIf(value, indicator = 'V02')) AS national_mentions,
       toFloat64(sumIf(value, indicator = 'V03')) AS visits, toFloat64(sumIf(value, indicator = 'V04')) AS projects
FROM vitrine.kpi_monthly
WHERE segment = '' AND indicator IN ('D01', 'D02', 'T01', 'T02', 'T03', 'T04', 'K01', 'K03', 'V01', 'V02', 'V03', 'V04')
  AND $__dateFilter(month) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
HAVING count() > 0
