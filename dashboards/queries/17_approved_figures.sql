-- FR: Quels chiffres ont été approuvés, et quand ?
-- EN: Which figures were approved, and when?
-- Lecture : ce sont les chiffres figés : ceux d'un bilan déjà remis ne changent plus.
-- Reading: these are the frozen figures: those of a report that was handed in don't change any more.
-- Columns: lab, period, indicator, name_fr, name_en, value, unit, approved_at
SELECT s.lab AS lab, s.period AS period, s.indicator AS indicator, i.name_fr AS name_fr, i.name_en AS name_en, s.value AS value, i.unit AS unit,
       s.approved_at AS approved_at
FROM period_snapshots AS s
JOIN indicators AS i ON i.code = s.indicator
WHERE s.segment = ''
ORDER BY period, lab, i.position
