SELECT i.phrase AS Of, uniqExact(c.lab) AS Labs
FROM (
    SELECT lab, CAST(name, 'String') AS indicator
    FROM kpi_cells FINAL
    ARRAY JOIN item_indicator AS name, item_day AS day
    WHERE day <= {as_of:Date}
    GROUP BY lab, name
    UNION ALL
    SELECT lab, indicator FROM commitments WHERE from_date <= {as_of:Date}
) AS c
INNER JOIN (SELECT code, arrayJoin(phrases) AS phrase FROM indicators) AS i ON c.indicator = i.code
GROUP BY i.phrase
