-- FR: Les entreprises venues un trimestre reviennent-elles ensuite ?
-- EN: Do companies that came in one quarter come back later?
-- Lecture : cohort est le trimestre de la première venue ; quarters_later 0 est ce trimestre même. Une entreprise
--   connue d'un seul lab compte une fois par lab.
-- Reading: cohort is the quarter of the first visit; quarters_later 0 is that quarter itself. A company known by a
--   lab's own code counts once per lab.
-- Columns: cohort, quarters_later, companies, share
WITH visits AS (
    SELECT DISTINCT arrayJoin(company_refs) AS company, toStartOfQuarter(local_day) AS quarter
    FROM events
    WHERE kind IN ('machine.usage', 'company.service.delivered', 'training.held')
),
firsts AS (SELECT company, min(quarter) AS cohort FROM visits GROUP BY company),
sizes AS (SELECT cohort, count() AS size FROM firsts GROUP BY cohort)
SELECT f.cohort AS cohort, dateDiff('quarter', f.cohort, v.quarter) AS quarters_later, count() AS companies,
       round(100 * count() / any(s.size), 1) AS share
FROM visits AS v
JOIN firsts AS f ON f.company = v.company
JOIN sizes AS s ON s.cohort = f.cohort
GROUP BY cohort, quarters_later
ORDER BY cohort, quarters_later
