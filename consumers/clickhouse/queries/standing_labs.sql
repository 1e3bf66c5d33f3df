-- What of a lab says whether its silence means anything. A lab is opening while its agreement plans an opening that it hasn't reported.
SELECT l.lab AS Lab, l.name AS Name, l.opened AS Opened,
       if(a.in_force = 0, NULL, a.start) AS Start,
       a.opening AND e.openings = 0 AS Opening,
       if(e.events = 0, NULL, e.last_day) AS LastDay
FROM labs AS l
LEFT JOIN (
    SELECT lab, countIf({as_of:Date} BETWEEN start_date AND end_date) AS in_force, min(start_date) AS start,
           countIf(position(data, '"opening"') > 0 AND arrayExists(m -> JSONExtractString(m, 'milestone') = 'opening', JSONExtractArrayRaw(data, 'milestones'))) > 0 AS opening
    FROM agreements GROUP BY lab
) AS a ON l.lab = a.lab
LEFT JOIN (
    SELECT lab, count() AS events, max(local_day) AS last_day, countIf(kind = 'milestone.reached' AND segments['milestone'] = 'opening') AS openings
    FROM events
    WHERE kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened') AND local_day <= {as_of:Date}
    GROUP BY lab
) AS e ON l.lab = e.lab
ORDER BY Lab
