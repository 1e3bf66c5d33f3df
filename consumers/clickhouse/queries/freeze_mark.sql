INSERT INTO {main:Identifier}.snapshot_marks (lab, period, approval_seq, made_with, rules, indicators, frozen_at)
SELECT lab, period, seq, {made_with:String},
       (SELECT arrayStringConcat(arraySort(groupArray(concat(rule, ' ', toString(value)))), ', ') FROM status_rules FINAL),
       (SELECT groupArray(code) FROM indicators), now64(3)
FROM approvals
