-- How many live events of a lab's own happened on each of some days.
SELECT local_day AS Day, toUInt64(count()) AS Events
FROM events
WHERE lab = {lab:String} AND local_day BETWEEN {from:Date} AND {to:Date}
  AND kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
GROUP BY local_day
ORDER BY local_day
