-- FR: Qu'a fait un lab en dernier ?
-- EN: What did a lab do last?
-- Lecture : remplacez le choix du lab par son identifiant. Une ligne par événement, dans sa dernière version : ni
--   doublon, ni version dépassée.
-- Reading: put the lab's slug in place of the choice. One row per event in its latest version: no duplicate, no
--   superseded version.
-- Columns: lab, local_day, kind, measures, segments
SELECT lab, local_day, kind, measures, segments
FROM events
WHERE lab = (SELECT min(lab) FROM labs)
ORDER BY occurred_at DESC
LIMIT 50
