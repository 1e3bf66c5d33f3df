-- What was wrong with what was rejected.
SELECT code, toFloat64(countIf(state = 'open')) AS waiting, toFloat64(countIf(state = 'replayed')) AS replayed, toFloat64(countIf(state = 'discarded')) AS discarded
FROM vitrine.rejections
WHERE $__timeFilter(received_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY code
ORDER BY waiting DESC, code
