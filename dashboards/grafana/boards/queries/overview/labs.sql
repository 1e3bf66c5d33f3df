-- One row per lab: feeds the tiles, the map and the list, so that the statuses are computed once.
SELECT s.lab AS lab, if(s.name = '', s.lab, s.name) AS name, s.region AS region,
       s.worst_status AS worst_status, s.mean_status AS mean_status, s.commitments AS commitments,
       s.achieved AS achieved, s.on_track AS on_track, s.at_risk AS at_risk, s.late AS late, s.missed AS missed,
       s.no_data AS no_data, s.not_started AS not_started,
       s.at_risk + s.late + s.missed AS behind,
       round(100 * sum(s.achieved + s.on_track) OVER () / nullIf(sum(s.commitments - s.not_started) OVER (), 0), 1) AS kept_percent,
       s.silent_days AS silent_days, toUInt8(ifNull(s.silent_days, 10000) > 30) AS silent,
       s.overdue_periods AS overdue_periods, s.last_event AS last_event,
       l.latitude AS latitude, l.longitude AS longitude
FROM vitrine.lab_status AS s
LEFT JOIN vitrine.labs AS l ON s.lab = l.lab
WHERE $__conditionalAll(s.region IN (${region:singlequote}), $region)
ORDER BY s.late + s.missed DESC, behind DESC, name
