-- Up to which message of the stream anything was stored, and how many events there are: an id is one within its lab.
SELECT max(latest) AS Sequence, sum(different) AS Events
FROM (
    SELECT lab, max(stream_seq) AS latest, uniqExact(id) AS different
    FROM event_versions
    WHERE {lab:String} = '' OR lab = {lab:String}
    GROUP BY lab
)
