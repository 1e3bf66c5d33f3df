INSERT INTO {main:Identifier}.snapshot_commitment_store
    (lab, period, approval_seq, made_with, agreement, number, indicator, segment, target, baseline, actual, percent, expected, pace, projected,
     status, as_of, mode, from_date, due_date, unit, projected_low, projected_high, needed_per_month, direction, aggregation, every)
WITH (SELECT mapFromArrays(groupArray(lab), groupArray(seq)) FROM approvals) AS seqs
SELECT c.lab, {period:String}, seqs[c.lab], {made_with:String}, c.agreement, c.number, c.indicator, c.segment, c.target, c.baseline, c.actual, c.percent,
       c.expected, c.pace, c.projected, c.status, c.as_of, c.mode, c.from_date, c.due_date, c.unit,
       c.projected_low, c.projected_high, c.needed_per_month, c.direction, c.aggregation, c.every
FROM commitment_status_as_of(as_of = {ends:Date}) AS c
