SELECT lab, id, revision, stream_seq, kind, toInt32(local_day) AS day, false AS retracted,
       xxHash64(concatWithSeparator('\0', source, reason, toString(toUnixTimestamp64Milli(occurred_at)),
                                    toString(toUnixTimestamp64Milli(ended_at)), toString(toUnixTimestamp64Milli(received_at)), data)) AS content,
       toUInt32(bitAnd(xxHash64(concat(
           arrayStringConcat(arraySort(arrayMap((k, v) -> concat(toString(k), '=', toString(v), ';'), mapKeys(measures), mapValues(measures)))), '\0',
           arrayStringConcat(arraySort(arrayMap((k, v) -> concat(toString(k), '=', v, ';'), mapKeys(segments), mapValues(segments)))), '\0',
           arrayStringConcat(arrayMap(x -> concat(x, ';'), company_refs)))), 4294967295)) AS derived
FROM events
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
