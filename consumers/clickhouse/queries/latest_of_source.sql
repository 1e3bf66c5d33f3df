-- The latest version of each event that ever came from a source, as long as it still is that source's.
SELECT ID, Revision, StreamSeq, Kind, OccurredAt, Retracted, Reason, Source, Data
FROM (
    SELECT id AS ID, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, occurred_at AS OccurredAt,
           retracted AS Retracted, reason AS Reason, toString(source) AS Source, data AS Data
    FROM event_history
    WHERE lab = {lab:String}
    ORDER BY revision DESC, stream_seq DESC
    LIMIT 1 BY id
)
WHERE Source = {source:String}
