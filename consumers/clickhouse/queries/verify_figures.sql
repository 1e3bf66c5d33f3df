SELECT lab, indicator, segment, toInt32(toDate(period)) AS start,
       toString(numerator) AS numerator_text, toString(denominator) AS denominator_text, toString(value) AS value_text
FROM kpi_by_period(grain = {grain:String}, as_of = {as_of:Date})
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
