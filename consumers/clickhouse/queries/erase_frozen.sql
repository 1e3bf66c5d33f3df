-- How many approvals of a lab are frozen behind a message.
SELECT count() FROM snapshot_marks FINAL WHERE lab = {lab:String} AND approval_seq BETWEEN {from:UInt64} AND {to:UInt64}
