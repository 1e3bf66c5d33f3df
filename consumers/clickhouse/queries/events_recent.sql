-- A lab's events by their latest versions, retracted ones too, the latest in the stream first. Which those are say the lab's versions, which
-- lie together; event_store lies by day, and only the granules of what is shown are read of it.
SELECT id AS ID, local_day AS LocalDay, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt, data AS Data
FROM event_store FINAL
PREWHERE (local_day, lab, kind, id) IN (
    SELECT day, {lab:String}, of, id
    FROM (
        SELECT id, max(tuple(revision, stream_seq, local_day, kind)) AS latest, latest.2 AS seq, latest.3 AS day, latest.4 AS of
        FROM event_versions
        WHERE lab = {lab:String}
        GROUP BY id
    )
    WHERE {before:UInt64} = 0 OR seq < {before:UInt64}
    ORDER BY seq DESC
    LIMIT {limit:UInt32}
)
WHERE NOT superseded AND ({before:UInt64} = 0 OR stream_seq < {before:UInt64})
ORDER BY stream_seq DESC
LIMIT {limit:UInt32}
