INSERT INTO status_rules FORMAT Native
