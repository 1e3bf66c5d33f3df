-- Labs as registered, for reports; an empty lab is all.
SELECT lab AS Lab, name AS Name, commune AS Commune, department AS Department, region AS Region, archetype AS Archetype, opened AS Opened
FROM labs
WHERE {lab:String} = '' OR lab = {lab:String}
ORDER BY lab
