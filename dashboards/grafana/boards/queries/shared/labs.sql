SELECT lab AS __value, if(name = '', lab, name) AS __text
FROM vitrine.labs
ORDER BY __text
