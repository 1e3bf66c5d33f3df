-- Silence is counted by events that happened, up to now, and not by those about the agreement and its periods.
SELECT max(occurred_at) AS last_event, count() AS events, dateDiff('day', max(local_day), today()) AS silent_days
FROM vitrine.events
WHERE lab = ${lab:singlequote} AND occurred_at <= now()
  AND kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
HAVING events > 0
