-- FR: Quelles catégories de machines sont utilisées, et combien ?
-- EN: Which categories of machines are used, and how much?
-- Lecture : on filtre sur un segment ; ajouter les segments au tout compterait deux fois.
-- Reading: one filters on a segment; adding segments to the whole would count twice.
-- Columns: category, hours_used, hours_available, utilisation
SELECT substring(segment, length('machine_category=') + 1) AS category,
       round(sum(numerator) / 3600, 1) AS hours_used, round(sum(denominator) / 3600, 1) AS hours_available,
       round(100 * toFloat64(sum(numerator)) / nullIf(toFloat64(sum(denominator)), 0), 2) AS utilisation
FROM kpi_quarterly
WHERE indicator = 'U02' AND startsWith(segment, 'machine_category=')
GROUP BY category
ORDER BY utilisation DESC
