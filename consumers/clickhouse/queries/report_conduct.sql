-- How a lab reported what happened on some days: events that hold, those that were corrected, those withdrawn.
SELECT lab AS Lab, countIf(NOT gone) AS Events, countIf(NOT gone AND revisions > 1) AS Corrected, countIf(gone) AS Retracted
FROM (
    SELECT lab, id, argMax(retracted, (revision, stream_seq)) AS gone, argMax(local_day, (revision, stream_seq)) AS day,
           argMax(kind, (revision, stream_seq)) AS last_kind, uniqExact(revision) AS revisions
    FROM event_versions
    WHERE lab = {lab:String}
    GROUP BY lab, id
)
WHERE day BETWEEN {from:Date} AND {to:Date}
  AND last_kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
GROUP BY lab
