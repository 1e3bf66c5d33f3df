SELECT lab, period, toString(approval_seq) AS approval, agreement, toString(number) AS number, indicator, segment, toString(target) AS target,
       toString(baseline) AS baseline, toString(actual) AS actual, toString(percent) AS percent, toString(expected) AS expected, toString(pace) AS pace,
       toString(projected) AS projected, status, toString(as_of) AS as_of, mode, toString(from_date) AS from_date,
       toString(due_date) AS due_date, unit, every, direction,
       aggregation, toString(projected_low) AS projected_low, toString(projected_high) AS projected_high,
       toString(needed_per_month) AS needed_per_month
FROM snapshot_commitment_store FINAL
WHERE (lab, period, approval_seq, made_with, 'true') IN (
          SELECT lab, period, approval_seq, made_with, if(rules = (SELECT arrayStringConcat(arraySort(groupArray(concat(rule, ' ', toString(value)))), ', ') FROM status_rules FINAL), 'true', 'false')
          FROM snapshot_marks FINAL)
  AND made_with = (SELECT argMax(f.made_of, f.made_at) FROM figures_made AS f)
  AND lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
