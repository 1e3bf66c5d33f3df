-- All versions of the lab's events of some kinds of which one came at {seq} or later, and one stands at {to} or before: what
-- happened after the period isn't behind it.
WITH changed AS (
    SELECT id FROM event_versions WHERE lab = {lab:String}
    GROUP BY id HAVING max(stream_seq) >= {seq:UInt64} AND min(local_day) <= {to:Date} AND hasAny(groupUniqArray(kind), {kinds:Array(String)})
)
SELECT lab AS Lab, id AS ID, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, local_day AS LocalDay, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt, data AS Data
FROM event_history
WHERE lab = {lab:String} AND id IN changed
ORDER BY ID, Revision, StreamSeq
