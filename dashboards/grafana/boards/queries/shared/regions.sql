SELECT DISTINCT region AS region
FROM vitrine.labs
WHERE region != ''
ORDER BY region
