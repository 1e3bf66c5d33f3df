-- FR: Quels événements ont été corrigés ou retirés, et pourquoi ?
-- EN: Which events were corrected or retracted, and why?
-- Lecture : versions compte ce qui a été accepté ; seule la dernière compte dans les chiffres. Un événement renvoyé
--   sans changement n'est pas une correction.
-- Reading: versions counts what was accepted; the latest alone counts in the figures. An event sent again unchanged is
--   no correction.
-- Columns: lab, id, kind, versions, retracted, why, first_received, last_received
SELECT lab, id, argMax(kind, (revision, stream_seq)) AS kind, uniqExact(revision) AS versions,
       argMax(retracted, (revision, stream_seq)) AS retracted, argMax(reason, (revision, stream_seq)) AS why,
       min(received_at) AS first_received, max(received_at) AS last_received
FROM event_history
GROUP BY lab, id
HAVING versions > 1 OR retracted
ORDER BY last_received DESC, lab, id
LIMIT 200
