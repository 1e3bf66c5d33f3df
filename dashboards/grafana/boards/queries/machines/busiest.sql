-- The machines that were used most in the months of the time range. A machine's code is its lab's own.
SELECT k.lab AS lab, any(l.name) AS name, substring(k.segment, length('machine=') + 1) AS machine, toFloat64(sum(k.value)) AS hours
FROM vitrine.kpi_monthly AS k
INNER JOIN vitrine.labs AS l ON k.lab = l.lab
WHERE k.indicator = 'U01' AND startsWith(k.segment, 'machine=')
  AND k.month >= toStartOfMonth(toDate($__fromTime)) AND k.month <= toDate($__toTime)
  AND $__conditionalAll(k.lab IN (${lab:singlequote}), $lab)
GROUP BY k.lab, machine
ORDER BY hours DESC
LIMIT 30
