-- Companies by quarter, over all labs: a company that two labs serve counts once.
SELECT quarter AS time,
       toFloat64(maxIf(value, indicator = 'C01')) AS C01,
       toFloat64(maxIf(value, indicator = 'C02')) AS C02
FROM vitrine.programme_quarterly
WHERE indicator IN ('C01', 'C02') AND segment = ''
  AND quarter >= toStartOfQuarter(toDate($__fromTime)) AND quarter <= toDate($__toTime)
GROUP BY time
ORDER BY time
