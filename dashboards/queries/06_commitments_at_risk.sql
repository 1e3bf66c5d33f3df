-- FR: Quels engagements sont en danger, et que faudrait-il faire par mois ?
-- EN: Which commitments are in danger, and what would have to be done each month?
-- Lecture : pace 1 est sur la ligne ; needed_per_month est vide si un rythme n'a pas de sens ou si l'échéance est
--   passée.
-- Reading: pace 1 is on the line; needed_per_month is empty where a rate makes no sense or the due date has passed.
-- Columns: lab, lab_name, indicator, name_fr, name_en, target, actual, pace, status, needed_per_month, due_date
SELECT c.lab AS lab, l.name AS lab_name, c.indicator AS indicator, i.name_fr AS name_fr, i.name_en AS name_en, c.target AS target, c.actual AS actual,
       c.pace AS pace, c.status AS status, c.needed_per_month AS needed_per_month, c.due_date AS due_date
FROM commitment_status AS c
LEFT JOIN labs AS l ON l.lab = c.lab
LEFT JOIN indicators AS i ON i.code = c.indicator
WHERE c.status IN ('at_risk', 'late', 'missed', 'exceeded')
ORDER BY c.pace, c.lab, c.number
