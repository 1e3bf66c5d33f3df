-- FR: Combien d'engagements tenus, à risque, en retard à chaque fin de trimestre ?
-- EN: How many commitments were kept, at risk or late at each quarter's end?
-- Lecture : une lecture pour tous les jours demandés ; lab = '' prend tous les labs.
-- Reading: one reading for all the days asked for; lab = '' takes all labs.
-- Columns: as_of, status, commitments, labs
SELECT as_of, status, count() AS commitments, uniqExact(lab) AS labs
FROM commitment_status_over(days = ['2025-09-30', '2025-12-31', '2026-03-31'], lab = '')
GROUP BY as_of, status
ORDER BY as_of, status
