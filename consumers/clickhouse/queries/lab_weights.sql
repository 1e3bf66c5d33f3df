SELECT lab AS Lab, sum(length(item_indicator)) AS Contributions FROM kpi_cells GROUP BY lab ORDER BY lab
