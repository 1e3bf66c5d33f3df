-- How many rows of a table each lab has, in the order of the labs' names.
SELECT toString(lab) AS Lab, count() AS Rows FROM {relation:Identifier} GROUP BY lab ORDER BY lab
