-- The last messages of the stream that were stored, the newest first.
SELECT stream_seq AS StreamSeq, received_at AS ReceivedAt
FROM (
    SELECT stream_seq, received_at FROM event_versions ORDER BY stream_seq DESC LIMIT {n:UInt8}
    UNION ALL
    SELECT stream_seq, received_at FROM rejection_store ORDER BY stream_seq DESC LIMIT {n:UInt8}
)
ORDER BY stream_seq DESC
LIMIT {n:UInt8}
