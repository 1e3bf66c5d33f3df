-- What is frozen, whether it is in force or not.
SELECT lab, period, toString(approval_seq) AS approval, indicator, segment,
       toString(value) AS value, toString(numerator) AS numerator, toString(denominator) AS denominator
FROM snapshot_store FINAL
WHERE (lab, period, approval_seq, made_with) IN (SELECT lab, period, approval_seq, made_with FROM snapshot_marks FINAL)
  AND made_with = (SELECT argMax(f.made_of, f.made_at) FROM figures_made AS f)
  AND lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
