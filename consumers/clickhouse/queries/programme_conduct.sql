-- How labs send, over all time: live events, those that were corrected, those withdrawn, and versions that said nothing new. Nearly all events have
-- one version, whose content needn't be read: each row is counted as if it were an event, and what that is too much of the others is taken off. (Never below
-- none: the readings needn't be of the same moment.) A version that was stored twice is among the others until its rows are merged, so nothing is read
-- FINAL; and the others are found by a hash of their id alone, grouping by which takes a fifth of the time: what else has the same is counted as well.
SELECT lab AS Lab, toUInt64(greatest(sum(live), 0)) AS Events, toUInt64(sum(changed)) AS Corrected, toUInt64(greatest(sum(gone), 0)) AS Retracted, toUInt64(sum(again)) AS Resent
FROM (
    SELECT lab, toInt64(countIf(NOT retracted)) AS live, toInt64(0) AS changed, toInt64(countIf(retracted)) AS gone, toInt64(0) AS again
    FROM event_versions
    WHERE kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
    GROUP BY lab
    UNION ALL
    SELECT lab, toInt64(countIf(own AND NOT withdrawn)) - toInt64(sum(lives)), toInt64(countIf(own AND NOT withdrawn AND contents > 1)),
           toInt64(countIf(own AND withdrawn)) - toInt64(sum(withdrawals)), toInt64(sumIf(versions - contents, own))
    FROM (
        SELECT lab, id, argMax(retracted, (revision, stream_seq)) AS withdrawn, argMax(counts, (revision, stream_seq)) AS own,
               uniqExact(revision, stream_seq) AS versions, uniqExact(kind, occurred_at, retracted, data) AS contents,
               countIf(counts AND NOT retracted) AS lives, countIf(counts AND retracted) AS withdrawals
        FROM (
            SELECT lab, id, revision, stream_seq, kind, occurred_at, retracted, data,
                   kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened') AS counts
            FROM event_versions
            PREWHERE cityHash64(id) IN (SELECT cityHash64(id) AS h FROM event_versions GROUP BY h HAVING count() > 1)
        )
        GROUP BY lab, id
    )
    GROUP BY lab
)
GROUP BY lab
HAVING Events + Retracted > 0
ORDER BY lab
