SELECT indicator, segment, toString(period) AS period, toString(value) AS value, toString(numerator) AS numerator,
       toString(denominator) AS denominator, toString(labs) AS labs, over_labs
FROM programme_by_period(grain = 'quarter', as_of = {as_of:Date})
