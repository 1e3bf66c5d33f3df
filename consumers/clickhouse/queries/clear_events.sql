TRUNCATE TABLE event_store
