-- What labs make known of themselves, the latest first.
SELECT lab AS Lab, id AS ID, kind AS Kind, local_day AS Day, data AS Data
FROM events
WHERE kind IN ('service.launched', 'machine.commissioned', 'visibility.item.published', 'project.published')
ORDER BY lab, local_day DESC, stream_seq DESC
