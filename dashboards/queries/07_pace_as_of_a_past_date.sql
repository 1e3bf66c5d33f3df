-- FR: Où en étaient les engagements à une date passée, par rapport à aujourd'hui ?
-- EN: Where did the commitments stand on a past date, against today?
-- Lecture : recalculé d'après tout ce qui est connu maintenant, pas ce qui l'était alors ; les chiffres d'alors sont
--   dans period_commitments.
-- Reading: worked out from all that is known now, not from what was known then; the figures of then are in
--   period_commitments.
-- Columns: lab, agreement, number, indicator, actual_then, pace_then, status_then, actual_now, pace_now, status_now
SELECT past.lab AS lab, past.agreement AS agreement, past.number AS number, past.indicator AS indicator,
       past.actual AS actual_then, past.pace AS pace_then, past.status AS status_then,
       today.actual AS actual_now, today.pace AS pace_now, today.status AS status_now
FROM commitment_status_as_of(as_of = '2026-03-31') AS past
JOIN commitment_status AS today ON today.lab = past.lab AND today.agreement = past.agreement AND today.number = past.number
ORDER BY lab, agreement, number
