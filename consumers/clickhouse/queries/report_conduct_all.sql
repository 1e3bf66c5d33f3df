-- The same of all labs, found by the days on which the events stand: grouping all labs' versions takes minutes. Only what has a revision above 0 can be
-- a correction, and its versions are looked up.
SELECT lab AS Lab, countIf(NOT retracted) AS Events, countIf(NOT retracted AND (lab, id) IN (
           SELECT lab, id
           FROM event_versions
           WHERE (lab, id) IN (SELECT lab, id FROM event_store FINAL PREWHERE local_day BETWEEN {from:Date} AND {to:Date} WHERE NOT superseded AND revision > 0)
           GROUP BY lab, id
           HAVING uniqExact(revision) > 1
       )) AS Corrected, countIf(retracted) AS Retracted
FROM event_store FINAL
PREWHERE local_day BETWEEN {from:Date} AND {to:Date}
WHERE NOT superseded AND kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
GROUP BY lab
