-- Whoever doesn't stand in cell_writes has no events.
INSERT INTO cell_writes (local_day, cell, token) SELECT toDate('2149-06-06'), 0, 1
