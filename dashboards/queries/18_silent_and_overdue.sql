-- FR: Quels labs se taisent ou doivent un bilan ?
-- EN: Which labs are silent or owe a report?
-- Lecture : silent_days est vide si le lab n'a jamais rien publié.
-- Reading: silent_days is empty where a lab never published anything.
-- Columns: lab, name, silent_days, last_event, overdue_periods, owed, worst_status
SELECT s.lab AS lab, s.name AS name, s.silent_days AS silent_days, s.last_event AS last_event, s.overdue_periods AS overdue_periods, p.owed AS owed,
       s.worst_status AS worst_status
FROM lab_status AS s
LEFT JOIN (
    SELECT lab, arraySort(groupArray(period)) AS owed FROM period_states WHERE state = 'overdue' GROUP BY lab
) AS p ON p.lab = s.lab
ORDER BY s.overdue_periods DESC, s.silent_days DESC, s.lab
