-- What came in, by when it came in. A rejected event whose lab isn't known shows only if no lab is chosen.
SELECT time, toFloat64(sum(new)) AS new, toFloat64(sum(corrected)) AS corrected, toFloat64(sum(withdrawn)) AS withdrawn, toFloat64(sum(rejected)) AS rejected
FROM (
    SELECT $__timeInterval(received_at) AS time, countIf(revision = 0 AND NOT retracted) AS new, countIf(revision > 0 AND NOT retracted) AS corrected,
           countIf(retracted) AS withdrawn, 0 AS rejected
    FROM vitrine.event_history
    WHERE $__timeFilter(received_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
    GROUP BY time
    UNION ALL
    SELECT $__timeInterval(received_at) AS time, 0 AS new, 0 AS corrected, 0 AS withdrawn, count() AS rejected
    FROM vitrine.rejections
    WHERE $__timeFilter(received_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
    GROUP BY time
)
GROUP BY time
ORDER BY time
