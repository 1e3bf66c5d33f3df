-- The milestones that agreements plan, with the first day on which each was reached under its agreement.
SELECT p.lab AS Lab, p.agreement AS Agreement, p.milestone AS Milestone, any(p.due) AS Due,
       if(countIf(e.day >= p.start) = 0, NULL, minIf(e.day, e.day >= p.start)) AS Reached, any(p.end) AS End
FROM (
    SELECT lab, agreement, start_date AS start, end_date AS end, JSONExtractString(m, 'milestone') AS milestone, toDate(JSONExtractString(m, 'due')) AS due
    FROM agreements ARRAY JOIN JSONExtractArrayRaw(data, 'milestones') AS m
) AS p
LEFT JOIN (
    SELECT lab, segments['milestone'] AS milestone, local_day AS day FROM events WHERE kind = 'milestone.reached' AND local_day <= {as_of:Date}
) AS e ON p.lab = e.lab AND p.milestone = e.milestone
WHERE p.due < {as_of:Date}
GROUP BY Lab, Agreement, Milestone, p.due
ORDER BY Lab, Agreement, p.due
