SELECT indicator, segment, toString(value) AS value, toString(numerator) AS numerator, toString(denominator) AS denominator,
       toString(labs) AS labs, over_labs
FROM programme_figures_as_of(as_of = {as_of:Date})
