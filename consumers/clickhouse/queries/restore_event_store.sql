INSERT INTO event_store FORMAT Native
