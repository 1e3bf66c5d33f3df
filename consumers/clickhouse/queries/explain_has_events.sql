SELECT count() > 0 FROM (SELECT 1 FROM event_versions WHERE lab = {lab:String} LIMIT 1)
