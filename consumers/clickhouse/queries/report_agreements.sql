-- Agreements in force, for reports; an empty lab is all. The latest of a lab comes first.
SELECT lab AS Lab, agreement AS Agreement, programme AS Programme, start_date AS Starts, end_date AS Ends, grant_amount AS Grant,
       planned_budget AS PlannedBudget, aid_rate_cap AS AidRateCap, toUInt32(revision) AS Revision
FROM agreements
WHERE {lab:String} = '' OR lab = {lab:String}
ORDER BY lab, start_date DESC, agreement
