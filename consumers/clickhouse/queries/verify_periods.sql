SELECT lab, agreement, period, toString(starts) AS starts, toString(ends) AS ends, toString(due) AS due, state,
       toString(toUnixTimestamp64Milli(first_submitted_at)) AS first_submitted_at, toString(toUnixTimestamp64Milli(submitted_at)) AS submitted_at,
       toString(on_time) AS on_time, toString(toUnixTimestamp64Milli(approved_at)) AS approved_at, toString(approval_id) AS approval_id,
       toString(approval_seq) AS approval_seq, comment, toString(toUnixTimestamp64Milli(reopened_at)) AS reopened_at, reason,
       toString(reopenings) AS reopenings, toString(as_of) AS as_of
FROM period_states_as_of(as_of = {as_of:Date})
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
