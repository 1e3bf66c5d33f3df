-- The months of the time range together: ratios are ratios of sums. No row where there is nothing: then the panel says so.
SELECT toFloat64(sumIf(value, indicator = 'U01' AND segment = '')) AS U01,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=measured')) AS measured,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=booked')) AS booked,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=declared')) AS declared,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = '')), 0) AS U02,
       100 * toFloat64(sumIf(numerator, indicator = 'U03' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'U03' AND segment = '')), 0) AS U03,
       toFloat64(sumIf(value, indicator = 'O01' AND segment = '')) AS O01
FROM vitrine.kpi_monthly
WHERE indicator IN ('O01', 'U01', 'U02', 'U03')
  AND month >= toStartOfMonth(toDate($__fromTime)) AND month <= toDate($__toTime)
  AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
HAVING count() > 0
