SELECT * FROM indicators ORDER BY position
