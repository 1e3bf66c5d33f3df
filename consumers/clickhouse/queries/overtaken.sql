-- The latest accepted version of an event that would stand before, or be lost to, version {revision} of it if that
-- was sent at {seq}. What was accepted by a replay was sent when it was first rejected.
SELECT v.revision AS Revision, v.stream_seq AS StreamSeq
FROM (SELECT revision, stream_seq FROM event_history WHERE lab = {lab:String} AND id = {id:UUID}) AS v
LEFT JOIN (SELECT replayed_as, stream_seq FROM resolution_store FINAL WHERE state = 'replayed') AS m ON v.stream_seq = m.replayed_as
WHERE v.revision > {revision:UInt32}
   OR v.revision = {revision:UInt32} AND if(ifNull(m.stream_seq, 0) = 0, v.stream_seq, m.stream_seq) > {seq:UInt64}
ORDER BY v.revision DESC, v.stream_seq DESC
LIMIT 1
