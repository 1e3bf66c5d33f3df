-- (A join with the views, which are joins themselves, is refused by the engine; of a lab there is one approval.)
INSERT INTO {main:Identifier}.snapshot_store (lab, period, approval_seq, made_with, indicator, segment, value, numerator, denominator)
WITH (SELECT mapFromArrays(groupArray(lab), groupArray(seq)) FROM approvals) AS seqs
SELECT k.lab, {period:String}, seqs[k.lab], {made_with:String}, k.indicator, k.segment, k.value, k.numerator, k.denominator
FROM kpi_by_period(grain = {grain:String}, as_of = {ends:Date}) AS k
WHERE k.period = {starts:Date}
