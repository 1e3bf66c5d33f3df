-- The latest rejected events that wait. What was sent isn't shown: it may hold what mustn't be here.
SELECT received_at, lab, kind, code, field, if('{{lang}}' = 'fr', reason_fr, reason) AS reason, toFloat64(stream_seq) AS stream_seq
FROM vitrine.rejections
WHERE state = 'open' AND $__timeFilter(received_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
ORDER BY received_at DESC
LIMIT 200
