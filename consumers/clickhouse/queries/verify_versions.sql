SELECT lab, id, revision, stream_seq, kind, toInt32(local_day) AS day, retracted,
       xxHash64(concatWithSeparator('\0', source, reason, toString(toUnixTimestamp64Milli(occurred_at)),
                                    toString(toUnixTimestamp64Milli(ended_at)), toString(toUnixTimestamp64Milli(received_at)), data)) AS content,
       toUInt32(0) AS derived
FROM event_history
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
