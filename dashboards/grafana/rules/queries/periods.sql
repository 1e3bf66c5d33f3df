-- Reporting periods past their due day that wait for their lab: not submitted, or sent back.
SELECT p.lab AS lab, if(l.name = '', p.lab, l.name) AS name, p.period AS period, toString(toDate(assumeNotNull(p.due))) AS due, p.state AS state,
       toFloat64(greatest(dateDiff('day', toDate(assumeNotNull(p.due)), p.as_of), 1)) AS days
FROM vitrine.period_states AS p
LEFT JOIN vitrine.labs AS l ON p.lab = l.lab
WHERE p.due IS NOT NULL AND p.due <= p.as_of AND p.state IN ('open', 'overdue', 'sent_back')
ORDER BY lab, period
