-- Figures of approved periods that are others today.
SELECT a.period AS period, a.lab AS lab, l.name AS name, a.indicator AS indicator_code, i.name_{{lang}} AS label, a.segment AS segment,
       toFloat64(a.approved) AS approved, toFloat64(a.now) AS now, toFloat64(a.difference) AS difference, a.unit AS unit
FROM vitrine.period_adjustments AS a
INNER JOIN vitrine.labs AS l ON a.lab = l.lab
INNER JOIN vitrine.indicators AS i ON a.indicator = i.code
WHERE a.ends >= toDate($__fromTime) AND a.starts <= toDate($__toTime) AND $__conditionalAll(a.lab IN (${lab:singlequote}), $lab)
ORDER BY a.starts DESC, name, indicator_code, segment
LIMIT 500
