-- Of each lab, how many rows there are and the sum of their hashes; so are all digest_*.sql. The columns that verify_versions.sql has.
SELECT lab, count() AS found,
       sum(xxHash64(concat(UUIDToNum(id), '\0', toString(revision), '\0', toString(stream_seq), '\0', kind, '\0', toString(toInt32(local_day)), '\0',
           toString(toUInt8(retracted)), '\0',
           toString(xxHash64(concatWithSeparator('\0', source, reason, toString(toUnixTimestamp64Milli(occurred_at)),
                                                 toString(toUnixTimestamp64Milli(ended_at)), toString(toUnixTimestamp64Milli(received_at)), data))), '\0',
           '0\0'))) AS digest
FROM event_history
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
GROUP BY lab
