SELECT e.local_day AS day, if(l.name = '', e.lab, l.name) AS name, JSONExtractString(e.data, 'title') AS title,
       JSONExtractString(e.data, 'outlet') AS outlet, e.medium AS medium, e.scope AS scope, JSONExtractString(e.data, 'url') AS url
FROM vitrine.events AS e
LEFT JOIN vitrine.labs AS l ON e.lab = l.lab
WHERE e.kind = 'visibility.item.published' AND $__timeFilter(e.occurred_at) AND $__conditionalAll(e.lab IN (${lab:singlequote}), $lab)
ORDER BY e.occurred_at DESC
LIMIT 100
