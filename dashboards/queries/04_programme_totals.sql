-- FR: Où en est le programme depuis le début, indicateur par indicateur ?
-- EN: Where does the programme stand since the start, indicator by indicator?
-- Lecture : segment = '' est le tout. over_labs dit comment les labs se réunissent : les entreprises comptent une fois,
--   les taux sont des ratios de sommes.
-- Reading: segment = '' is the whole. over_labs says how labs unite: companies count once, rates are ratios of sums.
-- Columns: code, name_fr, name_en, value, unit, labs, over_labs
SELECT i.code AS code, i.name_fr AS name_fr, i.name_en AS name_en, p.value AS value, i.unit AS unit, p.labs AS labs, p.over_labs AS over_labs
FROM programme_figures AS p
JOIN indicators AS i ON i.code = p.indicator
WHERE p.segment = ''
ORDER BY i.position
