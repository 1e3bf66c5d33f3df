-- FR: Combien d'événements chaque mois, et de quels types ?
-- EN: How many events each month, and of what kinds?
-- Lecture : les événements s'additionnent ; les entreprises ou les taux, non.
-- Reading: events add up; companies and rates don't.
-- Columns: month, kind, events, labs
SELECT toStartOfMonth(local_day) AS month, kind, count() AS events, uniqExact(lab) AS labs
FROM events
WHERE kind NOT IN ('lab.registered', 'agreement.signed')
GROUP BY month, kind
ORDER BY month DESC, events DESC
