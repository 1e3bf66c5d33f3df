-- Reporting periods that wait for somebody: for their lab (open, overdue, sent back) or for the programme (submitted).
SELECT p.lab AS lab, l.name AS name, p.period AS period, toDate(p.due) AS due, p.state AS state,
       if(p.state IN ('overdue', 'sent_back'), toFloat64(dateDiff('day', toDate(p.due), p.as_of)), NULL) AS days_late, p.reason AS reason
FROM vitrine.period_states AS p
INNER JOIN vitrine.labs AS l ON p.lab = l.lab
WHERE p.state IN ('open', 'overdue', 'sent_back', 'submitted', 'reopened') AND $__conditionalAll(p.lab IN (${lab:singlequote}), $lab)
ORDER BY days_late DESC NULLS LAST, due, name
