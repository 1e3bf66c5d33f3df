SELECT s.lab AS Lab, s.period AS Period, s.indicator AS Indicator, s.segment AS Segment, s.value AS Value, s.numerator AS Numerator,
       s.denominator AS Denominator, s.approval_seq AS ApprovalSeq, s.approved_at AS ApprovedAt, s.frozen_at AS FrozenAt
FROM period_snapshots AS s
LEFT JOIN (SELECT code, position FROM indicators) AS i ON s.indicator = i.code
WHERE s.lab BETWEEN {from:String} AND {to:String} AND ({period:String} = '' OR s.period = {period:String})
ORDER BY s.lab, s.ends, s.period, i.position, s.indicator, s.segment
