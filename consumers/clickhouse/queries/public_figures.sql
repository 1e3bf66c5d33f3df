-- Figures by quarter, up to a quarter's first day; without segments, which would tell small figures apart.
SELECT lab AS Lab, indicator AS Indicator, period AS Period, segment AS Segment, value AS Value, numerator AS Numerator, denominator AS Denominator
FROM kpi_quarterly
WHERE segment = '' AND period <= {until:Date} AND indicator IN {codes:Array(String)}
ORDER BY lab, indicator, period
