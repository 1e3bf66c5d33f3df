TRUNCATE TABLE event_keys
