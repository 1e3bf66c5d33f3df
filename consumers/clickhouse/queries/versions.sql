SELECT revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, occurred_at AS OccurredAt, retracted AS Retracted,
       reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt, data AS Data
FROM event_history
WHERE lab = {lab:String} AND id = {id:UUID}
ORDER BY revision, stream_seq
