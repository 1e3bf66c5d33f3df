-- Each machine category over the months of the time range.
SELECT substring(segment, length('machine_category=') + 1) AS category,
       toFloat64(sumIf(value, indicator = 'U01')) AS hours,
       toFloat64(sumIf(denominator, indicator = 'U02')) / 3600 AS available,
       100 * toFloat64(sumIf(numerator, indicator = 'U02')) / nullIf(toFloat64(sumIf(denominator, indicator = 'U02')), 0) AS U02,
       100 * toFloat64(sumIf(numerator, indicator = 'U03')) / nullIf(toFloat64(sumIf(denominator, indicator = 'U03')), 0) AS U03,
       toFloat64(sumIf(value, indicator = 'O01')) AS O01
FROM vitrine.kpi_monthly
WHERE indicator IN ('O01', 'U01', 'U02', 'U03') AND startsWith(segment, 'machine_category=')
  AND month >= toStartOfMonth(toDate($__fromTime)) AND month <= toDate($__toTime)
  AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY category
ORDER BY hours DESC
