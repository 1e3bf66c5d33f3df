SELECT a.period AS period, concat(a.indicator, ' ', i.name_{{lang}}) AS indicator, a.segment AS segment, a.unit AS unit,
       toFloat64(a.approved) AS approved, toFloat64(a.now) AS now, toFloat64(a.difference) AS difference
FROM vitrine.period_adjustments AS a
LEFT JOIN vitrine.indicators AS i ON a.indicator = i.code
WHERE a.lab = ${lab:singlequote}
ORDER BY period DESC, indicator, segment
LIMIT 200
