-- What labs make known of themselves, the latest first. (As in the view events; PREWHERE, since with FINAL the engine would read what all events say.)
SELECT lab AS Lab, id AS ID, kind AS Kind, local_day AS Day, data AS Data
FROM event_store FINAL
PREWHERE kind IN ('service.launched', 'machine.commissioned', 'visibility.item.published', 'project.published')
WHERE NOT superseded AND NOT retracted
ORDER BY lab, local_day DESC, stream_seq DESC
