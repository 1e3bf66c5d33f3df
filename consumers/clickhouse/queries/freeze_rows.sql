SELECT (SELECT count() FROM event_store) + (SELECT count() FROM kpi_cells)
