-- One row per commitment; the tiles add up its columns.
SELECT c.indicator AS code, concat(c.indicator, ' ', i.name_{{lang}}) AS indicator, c.segment AS segment, c.status AS status,
       toFloat64(c.target) AS target, toFloat64(c.actual) AS actual, c.unit AS unit, toFloat64(c.percent) AS reached,
       toFloat64(c.expected) AS expected, toFloat64(c.pace) AS pace, toFloat64(c.projected) AS projected,
       toFloat64(c.needed_per_month) AS needed_per_month, c.due_date AS due_date,
       c.status IN ('achieved', 'on_track', 'within') AS kept, c.status IN ('at_risk', 'late', 'missed', 'exceeded') AS behind,
       round(100 * sum(kept) OVER () / nullIf(countIf(c.status != 'not_started') OVER (), 0), 1) AS kept_percent
FROM vitrine.commitment_status AS c
LEFT JOIN vitrine.indicators AS i ON c.indicator = i.code
WHERE c.lab = ${lab:singlequote}
ORDER BY transform(c.status, ['missed', 'exceeded', 'late', 'at_risk', 'no_data', 'on_track', 'within', 'achieved'],
                   [1, 2, 3, 4, 5, 6, 7, 8], 9), c.indicator, c.segment
