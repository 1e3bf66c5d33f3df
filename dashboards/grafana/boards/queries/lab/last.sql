-- Silence is counted by events that happened, up to now, and not by those about the agreement and its periods. (By the lab's versions, which lie
-- together; the live events lie by day.)
SELECT max(latest.6) AS last_event, count() AS events, dateDiff('day', max(latest.5), today()) AS silent_days
FROM (
    SELECT max(tuple(revision, stream_seq, retracted, kind, local_day, occurred_at)) AS latest
    FROM vitrine.event_history
    WHERE lab = ${lab:singlequote}
    GROUP BY id
)
WHERE NOT latest.3 AND latest.6 <= now()
  AND latest.4 NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
HAVING events > 0
