-- FR: Qu'est-ce qui est rejeté, et est-ce réglé ?
-- EN: What is rejected, and is it settled?
-- Lecture : open attend encore ; replayed a fini par être accepté ; rien n'est perdu.
-- Reading: open still waits; replayed was accepted in the end; nothing is lost.
-- Columns: lab, code, field, state, rejections, last_received, example
SELECT lab, code, field, state, count() AS rejections, max(received_at) AS last_received, any(reason) AS example
FROM rejections
GROUP BY lab, code, field, state
ORDER BY rejections DESC, lab, code, field, state
