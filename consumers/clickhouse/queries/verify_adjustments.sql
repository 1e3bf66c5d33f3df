SELECT lab, period, toString(approval_seq) AS approval, indicator, segment, toString(approved) AS approved, toString(now) AS now, toString(difference) AS difference,
       toString(approved_numerator) AS approved_numerator, toString(now_numerator) AS now_numerator,
       toString(approved_denominator) AS approved_denominator, toString(now_denominator) AS now_denominator
FROM period_adjustments_until(until = {as_of:Date})
WHERE NOT catalogue_changed AND lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
