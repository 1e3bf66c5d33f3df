-- The periods due by a day that wait for their lab: not submitted, or sent back.
SELECT p.lab AS Lab, p.agreement AS Agreement, p.period AS Period, toDate(assumeNotNull(p.due)) AS Due, a.end AS End, p.state = 'sent_back' AS SentBack
FROM period_states_as_of(as_of = {as_of:Date}) AS p
INNER JOIN (SELECT lab, agreement, end_date AS end FROM agreements) AS a ON p.lab = a.lab AND p.agreement = a.agreement
WHERE p.due IS NOT NULL AND p.due <= {until:Date} AND p.state IN ('upcoming', 'open', 'overdue', 'sent_back')
ORDER BY Lab, Due, Period
