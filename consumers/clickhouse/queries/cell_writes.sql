-- The sums of the tokens of the {touched} cells.
SELECT local_day, cell, sum(token) AS written
FROM cell_writes
PREWHERE (local_day, cell) IN (SELECT local_day, cell FROM touched)
GROUP BY local_day, cell
