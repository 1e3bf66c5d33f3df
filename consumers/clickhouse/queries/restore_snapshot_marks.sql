INSERT INTO snapshot_marks FORMAT Native
