-- FR: Combien de partenariats actifs en fin de trimestre ?
-- EN: How many partnerships were active at the end of the quarter?
-- Lecture : un stock s'additionne entre labs, jamais entre trimestres : prenez la fin du dernier.
-- Reading: a stock adds up over labs, never over quarters: take the end of the last one.
-- Columns: quarter, partnerships, labs
SELECT quarter, sum(value) AS partnerships, countIf(value > 0) AS labs
FROM kpi_quarterly
WHERE indicator = 'K01' AND segment = ''
GROUP BY quarter
ORDER BY quarter
