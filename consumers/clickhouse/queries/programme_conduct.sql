-- How labs send, over all time: live events, those that were corrected, those withdrawn, and versions that said nothing new.
SELECT lab AS Lab, countIf(NOT gone) AS Events, countIf(NOT gone AND contents > 1) AS Corrected, countIf(gone) AS Retracted, toUInt64(sum(versions - contents)) AS Resent
FROM (
    SELECT lab, id, argMax(retracted, (revision, stream_seq)) AS gone, argMax(kind, (revision, stream_seq)) AS last_kind,
           count() AS versions, uniqExact(kind, occurred_at, retracted, data) AS contents
    FROM event_history
    GROUP BY lab, id
)
WHERE last_kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
GROUP BY lab
ORDER BY lab
