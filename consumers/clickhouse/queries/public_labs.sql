SELECT lab AS Lab, name AS Name, commune AS Commune, insee AS INSEE, department AS Department, region AS Region, archetype AS Archetype,
       zone AS Zone, latitude AS Latitude, longitude AS Longitude, opened AS Opened, website AS Website
FROM labs
ORDER BY lab
