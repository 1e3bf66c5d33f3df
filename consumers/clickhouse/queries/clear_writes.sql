TRUNCATE TABLE cell_writes
