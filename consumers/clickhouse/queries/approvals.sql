SELECT lab AS Lab, period AS Period, starts AS Starts, ends AS Ends, approval_seq AS Seq, approval_id AS ID, approved_at AS ApprovedAt,
       comment AS Comment, frozen_at AS FrozenAt, catalogue_changed AS CatalogueChanged
FROM period_approvals
WHERE lab BETWEEN {from:String} AND {to:String}
ORDER BY Lab, Ends, Period
