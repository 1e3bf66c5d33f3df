-- The events among {ids} that stand, or stood, under more than one key, with every key's version.
SELECT lab, id, groupArray(toString(kind)), groupArray(local_day), groupArray(toUInt32(bitShiftRight(version, 64))),
       groupArray(toUInt64(bitAnd(version, 18446744073709551615))), groupArray(superseded)
FROM event_keys FINAL
WHERE (lab, id) IN (SELECT lab, id FROM ids)
GROUP BY lab, id
HAVING count() > 1
