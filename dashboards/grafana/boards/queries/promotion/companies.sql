-- Distinct companies are counted from the events, so that each counts once over whatever labs and days are chosen.
SELECT uniqExactArray(company_refs) AS companies
FROM vitrine.events
WHERE kind = 'discovery.held' AND $__timeFilter(occurred_at) AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
HAVING count() > 0
