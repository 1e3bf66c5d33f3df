-- Of each lab, how many rows there are and the sum of their hashes; so are all digest_*.sql. Rows are what verify_*.sql gives.
SELECT lab, count() AS found,
       sum(xxHash64(concat(UUIDToNum(id), '\0', toString(revision), '\0', toString(stream_seq), '\0', kind, '\0', toString(day), '\0',
                           toString(toUInt8(retracted)), '\0', toString(content), '\0', toString(derived), '\0'))) AS digest
FROM verified
GROUP BY lab
