SELECT lab, agreement, toString(number) AS number, indicator, segment, toString(target) AS target, toString(baseline) AS baseline,
       toString(actual) AS actual, toString(percent) AS percent, toString(expected) AS expected, toString(pace) AS pace,
       toString(projected) AS projected, status, toString(as_of) AS as_of, mode, toString(from_date) AS from_date,
       toString(due_date) AS due_date, unit, every, direction,
       aggregation, toString(projected_low) AS projected_low, toString(projected_high) AS projected_high,
       toString(needed_per_month) AS needed_per_month
FROM commitment_status_as_of(as_of = {as_of:Date})
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
