SELECT lab AS Lab, agreement AS Agreement, period AS Period, starts AS Starts, ends AS Ends, due AS Due, state AS State,
       first_submitted_at AS FirstSubmittedAt, submitted_at AS SubmittedAt, on_time AS OnTime,
       approved_at AS ApprovedAt, approval_id AS ApprovalID, approval_seq AS ApprovalSeq, comment AS Comment,
       reopened_at AS ReopenedAt, reason AS Reason, reopenings AS Reopenings
FROM period_states_as_of(as_of = {as_of:Date})
WHERE {lab:String} = '' OR lab = {lab:String}
ORDER BY Lab, Starts, Period
