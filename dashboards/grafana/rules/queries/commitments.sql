-- Commitments that are late or missed, and caps that are exceeded: one row for each, which makes one alert. The value is by how
-- many percent of its target it stands beside it. On the first days of a window a pace says little: for a quarter of it, at most 30
-- days, nothing is called late; what was missed half a year ago is history. (As vitrine alerts has it.)
SELECT lab, name, indicator, label_fr, label_en, segment, commitment, due, status, severity, gap
FROM (
    SELECT s.lab AS lab, if(l.name = '', s.lab, l.name) AS name, s.indicator AS indicator, i.name_fr AS label_fr, i.name_en AS label_en, s.segment AS segment,
           concat(s.agreement, ' no. ', toString(s.number)) AS commitment, toString(s.due_date) AS due, s.status AS status,
           if(s.status = 'late', 'warning', 'critical') AS severity,
           greatest(abs(100 - toFloat64(ifNull(s.percent, 0))), 0.1) AS gap,
           if(s.mode = 'periodic', multiIf(s.every = 'month', toStartOfMonth(s.as_of), s.every = 'quarter', toStartOfQuarter(s.as_of), toStartOfYear(s.as_of)), s.from_date) AS began,
           if(s.mode = 'periodic', multiIf(s.every = 'month', toLastDayOfMonth(s.as_of), s.every = 'quarter', toLastDayOfMonth(addMonths(toStartOfQuarter(s.as_of), 2)),
                                           toLastDayOfMonth(addMonths(toStartOfYear(s.as_of), 11))), s.due_date) AS ends,
           dateDiff('day', greatest(began, s.from_date), s.as_of) + 1 AS passed,
           dateDiff('day', greatest(began, s.from_date), least(ends, s.due_date)) + 1 AS days,
           dateDiff('day', s.due_date, s.as_of) AS past
    FROM vitrine.commitment_status AS s
    LEFT JOIN vitrine.labs AS l ON s.lab = l.lab
    LEFT JOIN vitrine.indicators AS i ON s.indicator = i.code
    WHERE s.status IN ('late', 'missed', 'exceeded')
)
WHERE status = 'exceeded' OR status = 'late' AND passed > least(30, intDiv(days, 4)) OR status = 'missed' AND past <= 180
ORDER BY lab, indicator, segment
