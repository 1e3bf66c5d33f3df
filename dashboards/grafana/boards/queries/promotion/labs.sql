SELECT m.lab AS lab, if(any(l.name) = '', m.lab, any(l.name)) AS name,
       toFloat64(sumIf(m.value, m.indicator = 'D01')) AS discoveries, toFloat64(sumIf(m.value, m.indicator = 'D02')) AS visitors,
       toFloat64(sumIf(m.value, m.indicator = 'T01')) AS sessions, toFloat64(sumIf(m.value, m.indicator = 'T03')) AS trainees,
       toFloat64(argMaxIf(m.value, m.month, m.indicator = 'K01')) AS partnerships, toFloat64(sumIf(m.value, m.indicator = 'K03')) AS joint_actions,
       toFloat64(sumIf(m.value, m.indicator = 'V01')) AS mentions, toFloat64(sumIf(m.value, m.indicator = 'V03')) AS visits,
       toFloat64(sumIf(m.value, m.indicator = 'V04')) AS projects, toFloat64(sumIf(m.value, m.indicator = 'A01')) AS actions
FROM vitrine.kpi_monthly AS m
LEFT JOIN vitrine.labs AS l ON m.lab = l.lab
WHERE m.segment = '' AND m.indicator IN ('A01', 'D01', 'D02', 'T01', 'T03', 'K01', 'K03', 'V01', 'V03', 'V04')
  AND $__dateFilter(m.month) AND $__conditionalAll(m.lab IN (${lab:singlequote}), $lab)
GROUP BY m.lab
ORDER BY actions DESC, name
