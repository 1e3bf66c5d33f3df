-- Each lab's last whole quarter of the time range.
SELECT k.lab AS lab, any(l.name) AS name, any(k.quarter) AS quarter,
       toFloat64(maxIf(k.value, k.indicator = 'C01')) AS C01,
       toFloat64(maxIf(k.value, k.indicator = 'C02')) AS C02,
       toFloat64(maxIf(k.value, k.indicator = 'C03')) AS C03,
       toFloat64(maxIf(k.value, k.indicator = 'C04')) AS C04,
       toFloat64(maxIf(k.value, k.indicator = 'O05')) AS O05,
       toFloat64(maxIf(k.value, k.indicator = 'E01')) AS E01,
       toFloat64(maxIf(k.value, k.indicator = 'E02')) AS E02,
       toFloat64(maxIf(k.value, k.indicator = 'E03')) AS E03,
       toFloat64(maxIf(k.value, k.indicator = 'E04')) AS E04,
       toFloat64(maxIf(k.value, k.indicator = 'B01')) AS B01,
       toFloat64(maxIf(k.value, k.indicator = 'B03')) AS B03
FROM vitrine.kpi_quarterly AS k
INNER JOIN vitrine.labs AS l ON k.lab = l.lab
WHERE k.segment = '' AND k.indicator IN ('C01', 'C02', 'C03', 'C04', 'O05', 'E01', 'E02', 'E03', 'E04', 'B01', 'B03')
  AND k.quarter = subtractQuarters(toStartOfQuarter(toDate($__toTime)), 1)
  AND $__conditionalAll(k.lab IN (${lab:singlequote}), $lab)
GROUP BY k.lab
ORDER BY name
