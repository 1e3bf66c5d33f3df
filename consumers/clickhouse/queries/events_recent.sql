-- A lab's events by their latest versions, retracted ones too, the latest in the stream first.
SELECT id AS ID, local_day AS LocalDay, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt, data AS Data
FROM event_store FINAL
WHERE lab = {lab:String} AND NOT superseded AND ({before:UInt64} = 0 OR stream_seq < {before:UInt64})
ORDER BY stream_seq DESC
LIMIT {limit:UInt32}
