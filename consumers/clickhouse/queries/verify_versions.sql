SELECT lab, id, revision, stream_seq, kind, toInt32(local_day) AS day, retracted
FROM event_history
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
