-- Machines report by the thousand: they have a dashboard of their own.
SELECT toDateTime(toStartOfMonth(local_day)) AS time, transform(kind, {{words kinds}}, kind) AS kind, count() AS events
FROM vitrine.events
WHERE lab = '$lab' AND $__timeFilter(occurred_at)
  AND kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened',
                   'machine.usage', 'machine.availability', 'session.announced')
GROUP BY time, kind
ORDER BY time, kind
