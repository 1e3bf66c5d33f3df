-- Each lab over the months of the time range: how many of its hours were measured, and what its utilisation rests on.
SELECT k.lab AS lab, any(l.name) AS name,
       toFloat64(sumIf(k.value, k.indicator = 'U01' AND k.segment = '')) AS hours,
       toFloat64(sumIf(k.value, k.segment = 'origin=measured')) AS measured,
       toFloat64(sumIf(k.value, k.segment = 'origin=booked')) AS booked,
       toFloat64(sumIf(k.value, k.segment = 'origin=declared')) AS declared,
       100 * ifNull(measured, 0) / nullIf(hours, 0) AS measured_share,
       100 * toFloat64(sumIf(k.numerator, k.indicator = 'U02' AND k.segment = '')) / nullIf(toFloat64(sumIf(k.denominator, k.indicator = 'U02' AND k.segment = '')), 0) AS U02,
       100 * toFloat64(sumIf(k.numerator, k.indicator = 'U03' AND k.segment = '')) / nullIf(toFloat64(sumIf(k.denominator, k.indicator = 'U03' AND k.segment = '')), 0) AS U03
FROM vitrine.kpi_monthly AS k
INNER JOIN vitrine.labs AS l ON k.lab = l.lab
WHERE k.indicator IN ('U01', 'U02', 'U03') AND NOT startsWith(k.segment, 'machine=')
  AND k.month >= toStartOfMonth(toDate($__fromTime)) AND k.month <= toDate($__toTime)
  AND $__conditionalAll(k.lab IN (${lab:singlequote}), $lab)
GROUP BY k.lab
ORDER BY hours DESC
