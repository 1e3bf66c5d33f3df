-- Machines report by the thousand: they have a dashboard of their own. (Events lie by day: other days needn't be looked at. Zones differ by less than two.)
SELECT toDateTime(toStartOfMonth(e.local_day)) AS time, transform(e.kind, {{words kinds}}, e.kind) AS series, count() AS events
FROM vitrine.events AS e
WHERE e.lab = ${lab:singlequote} AND $__timeFilter(e.occurred_at)
  AND e.local_day BETWEEN toDate($__fromTime) - 2 AND toDate($__toTime) + 2
  AND e.kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened',
                     'machine.usage', 'machine.availability', 'session.announced')
GROUP BY time, series
ORDER BY time, series
