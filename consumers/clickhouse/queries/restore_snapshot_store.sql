INSERT INTO snapshot_store FORMAT Native
