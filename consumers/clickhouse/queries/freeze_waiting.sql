-- Approvals that are told of and aren't frozen yet. One that was overtaken by a reopening is frozen too: what was approved
-- follows from the stream, and not from when it was looked at.
SELECT lab AS Lab, period AS Period, told_seq AS Seq
FROM period_events
WHERE kind = 'period.approved' AND (lab, period, told_seq) NOT IN (SELECT lab, period, approval_seq FROM snapshot_marks)
ORDER BY Period, Seq, Lab
