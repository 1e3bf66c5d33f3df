TRUNCATE TABLE status_rules
