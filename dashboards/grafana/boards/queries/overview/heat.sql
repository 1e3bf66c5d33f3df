-- The worst status of each lab's commitments on each indicator, its segments included.
SELECT if(any(l.name) = '', c.lab, any(l.name)) AS name, c.indicator AS indicator,
       argMax(c.status, transform(c.status, ['missed', 'exceeded', 'late', 'at_risk', 'no_data', 'on_track', 'within', 'achieved'],
                                  [8, 7, 6, 5, 4, 3, 2, 1], 0)) AS status
FROM vitrine.commitment_status AS c
LEFT JOIN vitrine.labs AS l ON c.lab = l.lab
WHERE $__conditionalAll(l.region IN (${region:singlequote}), $region)
GROUP BY c.lab, c.indicator
ORDER BY indicator, name
