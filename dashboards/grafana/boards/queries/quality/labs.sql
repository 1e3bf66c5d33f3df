-- How each lab reports, as of today; rejected events without a lab are none's.
SELECT s.lab AS lab, s.name AS name, s.last_event AS last_event, toFloat64(s.silent_days) AS silent_days,
       toFloat64(ifNull(s.silent_days, 10000) > 31) AS silent,
       toFloat64(s.overdue_periods) AS overdue_periods, toFloat64(q.Q02) AS Q02, toFloat64(q.Q03) AS Q03,
       toFloat64(r.waiting) AS rejected_waiting, toFloat64(r.rejected) AS rejected,
       toFloat64(h.versions) AS versions, 100 * toFloat64(h.later) / nullIf(toFloat64(h.versions), 0) AS corrected_share
FROM vitrine.lab_status AS s
LEFT JOIN (
    SELECT lab, maxIf(value, indicator = 'Q02') AS Q02, maxIf(value, indicator = 'Q03') AS Q03
    FROM vitrine.kpi_quarterly
    WHERE indicator IN ('Q02', 'Q03') AND segment = '' AND quarter = toStartOfQuarter(toDate($__toTime))
    GROUP BY lab
) AS q ON s.lab = q.lab
LEFT JOIN (SELECT lab, countIf(state = 'open') AS waiting, count() AS rejected FROM vitrine.rejections GROUP BY lab) AS r ON s.lab = r.lab
LEFT JOIN (
    SELECT lab, count() AS versions, countIf(revision > 0 OR retracted) AS later
    FROM vitrine.event_history
    WHERE $__timeFilter(occurred_at)
    GROUP BY lab
) AS h ON s.lab = h.lab
WHERE $__conditionalAll(s.lab IN (${lab:singlequote}), $lab)
ORDER BY name
