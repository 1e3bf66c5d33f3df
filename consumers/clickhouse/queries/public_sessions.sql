-- Sessions that were ever announced and begin no earlier than a time, by what was last said of them; one that was retracted, or has become
-- another kind of event, is cancelled. (Looked for are those that begin then by what is said now, and those of which something else is.)
SELECT lab AS Lab, id AS ID, said AS Data, dropped AS Cancelled, version AS Version, changed AS Changed
FROM (
    SELECT lab, id, argMaxIf(data, (revision, stream_seq), kind = 'session.announced' AND NOT retracted) AS said,
           argMax(retracted OR kind != 'session.announced', (revision, stream_seq)) AS dropped, count() AS version, max(received_at) AS changed
    FROM event_history
    WHERE (lab, id) IN (SELECT lab, id FROM event_store FINAL PREWHERE kind = 'session.announced'
                        WHERE superseded OR retracted OR parseDateTime64BestEffortOrZero(JSONExtractString(data, 'starts'), 3) >= {since:DateTime('UTC')})
    GROUP BY lab, id
)
WHERE parseDateTime64BestEffortOrZero(JSONExtractString(said, 'starts'), 3) >= {since:DateTime('UTC')}
ORDER BY parseDateTime64BestEffortOrZero(JSONExtractString(said, 'starts'), 3), lab, id
