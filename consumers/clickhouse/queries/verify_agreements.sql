SELECT lab, toString(id) AS id, agreement, programme, toString(start_date) AS start_date, toString(end_date) AS end_date,
       toString(grant_amount) AS grant_amount, toString(planned_budget) AS planned_budget, toString(aid_rate_cap) AS aid_rate_cap,
       toString(machines_planned) AS machines_planned, toString(revision) AS revision,
       toString(toUnixTimestamp64Milli(received_at)) AS received_at, data
FROM agreements
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
