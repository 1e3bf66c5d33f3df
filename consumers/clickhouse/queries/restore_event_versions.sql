INSERT INTO event_versions FORMAT Native
