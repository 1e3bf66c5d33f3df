-- Reporting by quarter, over the chosen labs: ratios of sums; days since the last event at the quarter's end.
SELECT quarter AS time,
       100 * toFloat64(sumIf(numerator, indicator = 'Q02')) / nullIf(toFloat64(sumIf(denominator, indicator = 'Q02')), 0) AS Q02,
       100 * toFloat64(sumIf(numerator, indicator = 'Q03')) / nullIf(toFloat64(sumIf(denominator, indicator = 'Q03')), 0) AS Q03,
       quantileExactIf(0.5)(toFloat64(value), indicator = 'Q01') AS Q01_median,
       toFloat64(maxIf(value, indicator = 'Q01')) AS Q01_most
FROM vitrine.kpi_quarterly
WHERE indicator IN ('Q01', 'Q02', 'Q03') AND segment = ''
  AND quarter >= toStartOfQuarter(toDate($__fromTime)) AND quarter <= toDate($__toTime)
  AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY time
ORDER BY time
