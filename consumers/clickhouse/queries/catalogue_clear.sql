TRUNCATE TABLE indicators
