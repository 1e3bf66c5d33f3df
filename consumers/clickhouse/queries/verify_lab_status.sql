SELECT lab, name, commune, region, worst_status, mean_status, toString(commitments) AS commitments, toString(achieved) AS achieved,
       toString(on_track) AS on_track, toString(at_risk) AS at_risk, toString(late) AS late, toString(missed) AS missed,
       toString(no_data) AS no_data, toString(not_started) AS not_started,
       toString(toUnixTimestamp64Milli(last_event)) AS last_event, toString(silent_days) AS silent_days, toString(events) AS events,
       toString(overdue_periods) AS overdue_periods, toString(as_of) AS as_of
FROM lab_status_as_of(as_of = {as_of:Date})
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
