-- How many live events add to each indicator, on the days of a period and up to its end.
SELECT lab AS Lab, indicator AS Indicator, uniqExactIf(id, day >= {from:Date}) AS InPeriod, uniqExact(id) AS ToDate
FROM (
    SELECT lab, id, fact_indicator, fact_day
    FROM event_store FINAL
    WHERE ({lab:String} = '' OR lab = {lab:String}) AND NOT superseded AND NOT retracted
)
ARRAY JOIN fact_indicator AS indicator, fact_day AS day
WHERE day <= {to:Date}
GROUP BY lab, indicator
