SELECT i.phrase AS Of, uniqExact(c.lab) AS Labs
FROM (
    SELECT lab, indicator FROM kpi_items WHERE day <= {as_of:Date}
    UNION ALL
    SELECT lab, indicator FROM commitments WHERE from_date <= {as_of:Date}
) AS c
INNER JOIN (SELECT code, arrayJoin(phrases) AS phrase FROM indicators) AS i ON c.indicator = i.code
GROUP BY i.phrase
