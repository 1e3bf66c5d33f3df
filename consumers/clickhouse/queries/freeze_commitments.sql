INSERT INTO {main:Identifier}.snapshot_commitment_store
    (lab, period, approval_seq, made_with, agreement, number, indicator, segment, target, baseline, actual, percent, expected, pace, projected,
     status, as_of, mode, from_date, due_date, unit)
WITH (SELECT mapFromArrays(groupArray(lab), groupArray(seq)) FROM approvals) AS seqs
SELECT c.lab, {period:String}, seqs[c.lab], {made_with:String}, c.agreement, c.number, c.indicator, c.segment, c.target, c.baseline, c.actual, c.percent,
       c.expected, c.pace, c.projected, c.status, c.as_of, c.mode, c.from_date, c.due_date, c.unit
FROM commitment_status_as_of(as_of = {ends:Date}) AS c
