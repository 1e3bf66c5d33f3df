-- FR: Quelle part des heures machines est mesurée, réservée ou déclarée ?
-- EN: What share of machine hours is measured, booked or declared?
-- Lecture : une réservation n'est pas un usage : lisez les deux à part.
-- Reading: a booking isn't a usage: read the two apart.
-- Columns: month, origin, hours, share
SELECT month, substring(segment, length('origin=') + 1) AS origin, sum(value) AS hours,
       round(100 * toFloat64(hours) / nullIf(sum(toFloat64(hours)) OVER (PARTITION BY month), 0), 1) AS share
FROM kpi_monthly
WHERE indicator = 'U01' AND startsWith(segment, 'origin=')
GROUP BY month, segment
ORDER BY month, origin
