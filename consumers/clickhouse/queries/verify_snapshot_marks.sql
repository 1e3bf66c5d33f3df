-- same_rules says that today's thresholds are those that the statuses were frozen by.
WITH (SELECT arrayStringConcat(arraySort(groupArray(concat(rule, ' ', toString(value)))), ', ') FROM status_rules FINAL) AS present
SELECT lab, period, toString(approval_seq) AS approval, made_with, if(rules = present, 'true', 'false') AS same_rules
FROM snapshot_marks FINAL
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
