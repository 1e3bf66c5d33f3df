SELECT stream_seq AS StreamSeq, JSONExtractString(data, 'zone') AS Zone, JSONExtractString(data, 'name') AS Name
FROM event_history
WHERE lab = {lab:String} AND kind = 'lab.registered' AND NOT retracted
ORDER BY stream_seq
