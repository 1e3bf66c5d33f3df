INSERT INTO kpi_cells FORMAT Native
