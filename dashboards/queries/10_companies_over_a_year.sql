-- FR: Combien d'entreprises différentes ont utilisé chaque lab sur douze mois ?
-- EN: How many different companies used each lab within twelve months?
-- Lecture : companies réunit les références ; sum_of_months compte plusieurs fois qui revient : ne jamais additionner
--   des comptes distincts.
-- Reading: companies unites the references; sum_of_months counts who comes back several times: never add distinct
--   counts.
-- Columns: lab, companies, sum_of_months
WITH used AS (
    SELECT lab, toStartOfMonth(local_day) AS month, arrayJoin(company_refs) AS company
    FROM events
    WHERE kind IN ('machine.usage', 'company.service.delivered', 'training.held')
      AND local_day > (SELECT addMonths(max(local_day), -12) FROM events WHERE kind IN ('machine.usage', 'company.service.delivered', 'training.held'))
)
SELECT lab, uniqExact(company) AS companies, uniqExact(company, month) AS sum_of_months
FROM used
GROUP BY lab
ORDER BY companies DESC, lab
