INSERT INTO cell_writes (local_day, cell, token)
