-- How many live events of a lab's own happened on each of some days. (By its versions, which lie together; event_store lies by day.)
SELECT latest.5 AS Day, toUInt64(count()) AS Events
FROM (
    SELECT id, max(tuple(revision, stream_seq, retracted, kind, local_day)) AS latest
    FROM event_versions
    WHERE lab = {lab:String}
    GROUP BY id
)
WHERE NOT latest.3 AND latest.5 BETWEEN {from:Date} AND {to:Date}
  AND latest.4 NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
GROUP BY Day
ORDER BY Day
