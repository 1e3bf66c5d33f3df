SELECT lab, count() AS found,
       sum(xxHash64(concat(UUIDToNum(id), '\0', toString(revision), '\0', toString(stream_seq), '\0', kind, '\0', toString(toInt32(local_day)), '\0',
           '0\0', -- none is retracted
           toString(xxHash64(concatWithSeparator('\0', source, reason, toString(toUnixTimestamp64Milli(occurred_at)),
                                                 toString(toUnixTimestamp64Milli(ended_at)), toString(toUnixTimestamp64Milli(received_at)), data))), '\0',
           toString(toUInt32(bitAnd(xxHash64(concat(
               arrayStringConcat(arraySort(arrayMap((k, v) -> concat(toString(k), '=', toString(v), ';'), mapKeys(measures), mapValues(measures)))), '\0',
               arrayStringConcat(arraySort(arrayMap((k, v) -> concat(toString(k), '=', v, ';'), mapKeys(segments), mapValues(segments)))), '\0',
               arrayStringConcat(arrayMap(x -> concat(x, ';'), company_refs)))), 4294967295))), '\0'))) AS digest
FROM events
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
GROUP BY lab
