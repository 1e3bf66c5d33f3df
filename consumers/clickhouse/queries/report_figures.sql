-- Figures by period up to a day, looked at from it; an empty lab is all, and so are no indicators.
SELECT lab AS Lab, indicator AS Indicator, period AS Period, segment AS Segment, value AS Value, numerator AS Numerator, denominator AS Denominator
FROM kpi_by_period(grain = {grain:String}, as_of = {as_of:Date})
WHERE ({lab:String} = '' OR lab = {lab:String}) AND period BETWEEN {from:Date} AND {as_of:Date}
  AND (empty({indicators:Array(String)}) OR indicator IN {indicators:Array(String)})
ORDER BY lab, indicator, period, segment
