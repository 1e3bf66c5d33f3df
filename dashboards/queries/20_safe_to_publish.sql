-- FR: Quels chiffres du programme peut-on montrer sans qu'on y reconnaisse quelqu'un ?
-- EN: Which of the programme's figures can be shown without anybody being recognised in them?
-- Lecture : un chiffre de moins de 3 labs, ou un compte de moins de 5 personnes ou entreprises, est masqué (value
--   vide). Pour publier, prenez plutôt `vitrine export open-data`, qui garde aussi des différences.
-- Reading: a figure of fewer than 3 labs, or a count of fewer than 5 people or companies, is masked (value empty). To
--   publish, rather take `vitrine export open-data`, which guards against differences as well.
-- Columns: quarter, indicator, name_fr, name_en, segment, value, unit, masked
SELECT p.quarter AS quarter, p.indicator AS indicator, i.name_fr AS name_fr, i.name_en AS name_en, p.segment AS segment,
       if(masked, NULL, p.value) AS value, i.unit AS unit,
       p.labs < 3 OR p.over_labs != 'median' AND abs(p.numerator) < 5 AND i.unit IN ('person', 'company', 'member', 'attendance') AS masked
FROM programme_quarterly AS p
JOIN indicators AS i ON i.code = p.indicator
WHERE p.quarter < (SELECT max(quarter) FROM programme_quarterly)
ORDER BY quarter, i.position, segment
