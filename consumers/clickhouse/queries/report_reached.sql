-- Up to which message of the stream anything was stored, and how many events there are.
SELECT max(stream_seq) AS Sequence, uniqExact(lab, id) AS Events
FROM event_versions
WHERE {lab:String} = '' OR lab = {lab:String}
