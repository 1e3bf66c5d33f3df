SELECT lab AS Lab, indicator AS Indicator, period AS Period, segment AS Segment, value AS Value, numerator AS Numerator, denominator AS Denominator
FROM kpi_by_period(grain = {grain:String}, as_of = {as_of:Date})
WHERE lab = {lab:String} AND indicator = {indicator:String} AND period = {period:Date} AND segment = {segment:String}
