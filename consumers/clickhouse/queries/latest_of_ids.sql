-- The latest version of some of a lab's events, retracted ones included.
SELECT id AS ID, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, data AS Data
FROM event_history
WHERE lab = {lab:String} AND id IN (SELECT id FROM ids)
ORDER BY revision DESC, stream_seq DESC
LIMIT 1 BY id
