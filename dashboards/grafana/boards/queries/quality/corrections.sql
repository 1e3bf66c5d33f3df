-- By kind: how many versions said that something was otherwise, or never happened, and how long after the event its first version came.
SELECT kind, toFloat64(uniqExact(lab, id)) AS events, toFloat64(countIf(revision > 0 AND NOT retracted)) AS corrected, toFloat64(countIf(retracted)) AS withdrawn,
       100 * (corrected + withdrawn) / toFloat64(count()) AS share,
       quantileExactIf(0.5)(greatest(dateDiff('hour', occurred_at, received_at), 0), revision = 0) / 24 AS days_median
FROM vitrine.event_history
WHERE $__timeFilter(occurred_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY kind
ORDER BY corrected + withdrawn DESC, kind
