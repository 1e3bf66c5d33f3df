-- Totals only where the labs' values add up; elsewhere how many commitments are kept says more.
SELECT concat(c.indicator, ' ', any(i.name_{{lang}})) AS indicator, any(i.unit) AS unit,
       if(any(i.over_labs) = 'sum', toFloat64(sum(c.target)), NULL) AS target,
       if(any(i.over_labs) = 'sum', toFloat64(sum(c.expected)), NULL) AS expected,
       if(any(i.over_labs) = 'sum', toFloat64(sum(c.actual)), NULL) AS actual,
       100 * actual / nullIf(target, 0) AS reached,
       actual / nullIf(expected, 0) AS pace,
       countIf(c.status IN ('achieved', 'on_track', 'within')) AS kept, countIf(c.status = 'at_risk') AS at_risk,
       countIf(c.status IN ('late', 'missed', 'exceeded')) AS broken, countIf(c.status = 'no_data') AS no_data
FROM vitrine.commitment_status AS c
INNER JOIN vitrine.indicators AS i ON c.indicator = i.code
LEFT JOIN vitrine.labs AS l ON c.lab = l.lab
WHERE c.segment = '' AND $__conditionalAll(l.region IN (${region:singlequote}), $region)
GROUP BY c.indicator
ORDER BY c.indicator
