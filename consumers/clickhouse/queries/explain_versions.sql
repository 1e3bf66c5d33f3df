-- All versions of {ids}, and of the lab's events of some kinds that have several: the older ones may have counted.
-- Only those of several versions need their data.
WITH corrected AS (
    SELECT id FROM event_versions WHERE lab = {lab:String}
    GROUP BY id HAVING uniqExact(revision, stream_seq) > 1 AND hasAny(groupUniqArray(kind), {kinds:Array(String)})
)
SELECT id AS ID, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, local_day AS LocalDay, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt,
       if(id IN corrected, data, '') AS Data
FROM event_history
WHERE lab = {lab:String} AND (id IN (SELECT id FROM ids) OR id IN corrected)
ORDER BY ID, Revision, StreamSeq
