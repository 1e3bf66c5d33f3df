-- FR: Quel taux d'utilisation des machines sur plusieurs trimestres ?
-- EN: What was the machines' utilisation over several quarters?
-- Lecture : le taux est celui des sommes ; mean_of_rates, la moyenne des taux, est là pour montrer l'erreur.
-- Reading: the rate is that of the sums; mean_of_rates, the mean of the rates, stands there to show the mistake.
-- Columns: lab, quarters, hours_used, hours_available, utilisation, mean_of_rates
SELECT lab, count() AS quarters, round(sum(numerator) / 3600, 1) AS hours_used, round(sum(denominator) / 3600, 1) AS hours_available,
       round(100 * toFloat64(sum(numerator)) / nullIf(toFloat64(sum(denominator)), 0), 2) AS utilisation, round(avg(toFloat64(value)), 2) AS mean_of_rates
FROM kpi_quarterly
WHERE indicator = 'U02' AND segment = ''
GROUP BY lab
ORDER BY utilisation DESC
