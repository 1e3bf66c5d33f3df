SELECT lab, agreement, toString(number) AS number, indicator, segment, toString(target) AS target, toString(baseline) AS baseline,
       toString(from_date) AS from_date, toString(due_date) AS due_date, mode, every,
       arrayStringConcat(arrayMap(s -> concat(toString(s.1), ': ', toString(s.2), '; '), steps)) AS steps
FROM commitments
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
