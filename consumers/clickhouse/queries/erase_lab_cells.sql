SELECT DISTINCT toString(lab) AS Lab, toString(kind) AS Kind, local_day AS LocalDay FROM event_store WHERE lab = {lab:String} ORDER BY local_day
