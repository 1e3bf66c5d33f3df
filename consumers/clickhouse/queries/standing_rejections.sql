-- Those whose lab can't be told count together.
SELECT if(match(lab, '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'), lab, 'unknown') AS Lab, count() AS Open, min(received_at) AS Oldest
FROM rejections WHERE state = 'open' GROUP BY Lab ORDER BY Lab
