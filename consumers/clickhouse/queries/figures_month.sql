SELECT lab AS Lab, indicator AS Indicator, period AS Period, segment AS Segment, value AS Value, numerator AS Numerator, denominator AS Denominator
FROM kpi_monthly
WHERE lab = {lab:String}
ORDER BY indicator, period, segment
