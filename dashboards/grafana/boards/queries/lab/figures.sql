-- The period's figures as they are now, as they were in the period before and a year before, and as they were approved.
WITH
    position(${period:singlequote}, 'Q') > 0 AS quarterly,
    if(quarterly, makeDate(toUInt16OrZero(substring(${period:singlequote}, 1, 4)), 3 * toUInt8OrZero(substring(${period:singlequote}, 7, 1)) - 2, 1),
       toDate(parseDateTimeBestEffortOrZero(concat(${period:singlequote}, '-01')))) AS starts,
    if(quarterly, addMonths(starts, -3), addMonths(starts, -1)) AS before,
    addYears(starts, -1) AS year_before
SELECT k.indicator AS code, concat(k.indicator, ' ', any(i.name_{{lang}})) AS indicator, any(i.unit) AS unit,
       toFloat64(anyIf(k.value, k.day = starts)) AS value, toFloat64(anyIf(k.value, k.day = before)) AS previous,
       toFloat64(anyIf(k.value, k.day = year_before)) AS last_year, any(s.approved) AS approved,
       any(i.definition_{{lang}}) AS definition
FROM (
    SELECT indicator, quarter AS day, value FROM vitrine.kpi_quarterly WHERE quarterly AND lab = ${lab:singlequote} AND segment = '' AND quarter IN (starts, before, year_before)
    UNION ALL
    SELECT indicator, month AS day, value FROM vitrine.kpi_monthly WHERE NOT quarterly AND lab = ${lab:singlequote} AND segment = '' AND month IN (starts, before, year_before)
) AS k
INNER JOIN vitrine.indicators AS i ON k.indicator = i.code
LEFT JOIN (
    SELECT indicator, toNullable(toFloat64(any(value))) AS approved FROM vitrine.period_snapshots WHERE lab = ${lab:singlequote} AND period = ${period:singlequote} AND segment = '' GROUP BY indicator
) AS s ON k.indicator = s.indicator
GROUP BY k.indicator
ORDER BY k.indicator
