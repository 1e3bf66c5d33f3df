-- FR: Quel est le taux d'autofinancement de chaque lab, et comment évolue-t-il ?
-- EN: What is each lab's self-financing rate, and how does it move?
-- Lecture : la valeur couvre douze mois glissants à la fin du trimestre : ne pas moyenner les trimestres.
-- Reading: the value covers the twelve months up to the quarter's end: don't average quarters.
-- Columns: lab, quarter, rate, own_revenue, operating_costs, change
SELECT lab, quarter, value AS rate, numerator AS own_revenue, denominator AS operating_costs,
       value - lagInFrame(toNullable(value)) OVER (PARTITION BY lab ORDER BY quarter ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS change
FROM kpi_quarterly
WHERE indicator = 'E02' AND segment = ''
ORDER BY lab, quarter
