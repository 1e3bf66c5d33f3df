-- Whether every cell that has events stands in cell_writes; see writes_note.
SELECT count() > 0 FROM cell_writes WHERE local_day = '2149-06-06' AND cell = 0
