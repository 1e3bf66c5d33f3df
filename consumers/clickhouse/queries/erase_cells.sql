ALTER TABLE kpi_cells DELETE
-- Cells aren't replaced by ones of fewer events, as a cell's version is the sum of its events': they go first, and are computed anew.
WHERE lab = {lab:String} SETTINGS mutations_sync = 2
