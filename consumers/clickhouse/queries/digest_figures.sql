SELECT lab, count() AS found,
       sum(xxHash64(concat(indicator, '\0', segment, '\0', toString(toInt32(toDate(period))), '\0', toString(numerator), '\0',
           ifNull(toString(denominator), ''), '\0', ifNull(toString(value), ''), '\0'))) AS digest
FROM kpi_by_period(grain = {grain:String}, as_of = {as_of:Date})
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
GROUP BY lab
