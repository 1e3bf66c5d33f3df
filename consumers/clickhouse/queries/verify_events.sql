SELECT lab, id, revision, stream_seq, kind, toInt32(local_day) AS day, false AS retracted
FROM events
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
