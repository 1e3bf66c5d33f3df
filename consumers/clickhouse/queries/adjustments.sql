SELECT d.lab AS Lab, d.period AS Period, d.indicator AS Indicator, d.segment AS Segment, d.approved AS Approved, d.now AS Now, d.difference AS Difference,
       d.approved_numerator AS ApprovedNumerator, d.now_numerator AS NowNumerator,
       d.approved_denominator AS ApprovedDenominator, d.now_denominator AS NowDenominator, d.unit AS Unit, d.starts AS Starts, d.ends AS Ends,
       d.approval_seq AS ApprovalSeq, d.approved_at AS ApprovedAt, d.catalogue_changed AS CatalogueChanged
FROM period_adjustments AS d
INNER JOIN (SELECT code, position FROM indicators) AS i ON d.indicator = i.code
WHERE d.lab BETWEEN {from:String} AND {to:String} AND ({period:String} = '' OR d.period = {period:String})
ORDER BY d.lab, d.ends, d.period, i.position, d.segment
