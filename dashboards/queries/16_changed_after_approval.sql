-- FR: Qu'est-ce qui a changé après l'approbation d'une période ?
-- EN: What changed after a period was approved?
-- Lecture : approved reste tel qu'approuvé ; difference est un ajustement à expliquer. Vide si rien n'a changé.
-- Reading: approved stays as approved; difference is an adjustment to explain. Empty if nothing changed.
-- Columns: lab, period, indicator, name_fr, name_en, approved, now, difference, unit, approved_at
SELECT a.lab AS lab, a.period AS period, a.indicator AS indicator, i.name_fr AS name_fr, i.name_en AS name_en,
       a.approved AS approved, a.now AS now, a.difference AS difference, a.unit AS unit, a.approved_at AS approved_at
FROM period_adjustments AS a
JOIN indicators AS i ON i.code = a.indicator
WHERE a.segment = ''
ORDER BY abs(toFloat64(a.difference)) DESC, lab, period, indicator
