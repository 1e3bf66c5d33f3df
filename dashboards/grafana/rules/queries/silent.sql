-- For how many days each lab has been silent, of those that should be heard: open, and with an agreement in force. Silence counts from the
-- last event, else from the day the lab opened or its agreement began. (As vitrine alerts has it; the day is UTC's.)
SELECT l.lab AS lab, if(l.name = '', l.lab, l.name) AS name,
       toFloat64(dateDiff('day', multiIf(e.events > 0, e.last_day, l.opened IS NOT NULL, greatest(assumeNotNull(l.opened), a.start), a.start), today())) AS days
FROM vitrine.labs AS l
INNER JOIN (
    SELECT lab, min(start_date) AS start,
           countIf(arrayExists(m -> JSONExtractString(m, 'milestone') = 'opening', JSONExtractArrayRaw(data, 'milestones'))) > 0 AS plans_opening
    FROM vitrine.agreements
    GROUP BY lab
    HAVING countIf(today() BETWEEN start_date AND end_date) > 0
) AS a ON l.lab = a.lab
LEFT JOIN (
    SELECT lab, count() AS events, max(local_day) AS last_day, countIf(kind = 'milestone.reached' AND segments['milestone'] = 'opening') AS openings
    FROM vitrine.events
    WHERE kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened') AND local_day <= today()
    GROUP BY lab
) AS e ON l.lab = e.lab
WHERE ifNull(l.opened, toDate('1970-01-01')) <= today() AND NOT (l.opened IS NULL AND a.plans_opening AND e.openings = 0)
ORDER BY lab
