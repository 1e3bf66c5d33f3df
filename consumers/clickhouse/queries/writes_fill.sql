-- Every cell that has events, as if somebody had just written into it. (The hash is that of writeKey.)
INSERT INTO cell_writes (local_day, cell, token)
SELECT local_day, bitXor(xxHash64(lab) * 31, xxHash64(kind)) AS cell, rand64() FROM event_store GROUP BY local_day, cell
