-- Cells aren't replaced by ones of fewer events, as a cell's version is the sum of its events': they go first, and are computed anew.
ALTER TABLE kpi_cells DELETE WHERE lab = {lab:String} SETTINGS mutations_sync = 2
