-- The periods due by a day that aren't submitted.
SELECT d.lab AS Lab, d.agreement AS Agreement, d.period AS Period, min(d.due) AS Due, max(d.end) AS End
FROM (
    SELECT lab, agreement, end_date AS end, JSONExtractString(r, 'period') AS period, toDate(JSONExtractString(r, 'due')) AS due
    FROM agreements ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
) AS d
WHERE d.due <= {until:Date}
  AND (d.lab, d.period) NOT IN (SELECT lab, segments['period'] FROM events WHERE kind = 'period.submitted' AND local_day <= {as_of:Date})
GROUP BY Lab, Agreement, Period
ORDER BY Lab, Due, Period
