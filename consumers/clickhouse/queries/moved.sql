-- The events among {ids} that stand, or stood, under more than one key, with every key's version. (Both conditions: event_keys is in the order of the
-- first, or of the second where it was made before. All versions of a row have the same id, so it can be chosen by that before FINAL.)
SELECT lab, id, key.1 AS kind, key.2 AS local_day, key.3 AS version, key.4 AS superseded
FROM (
    SELECT lab, id, groupArray((kind, local_day, version, superseded)) AS keys
    FROM event_keys FINAL
    PREWHERE toUInt128(id) IN (SELECT toUInt128(id) FROM ids)
    WHERE (lab, id) IN (SELECT lab, id FROM ids)
    GROUP BY lab, id
    HAVING count() > 1
)
ARRAY JOIN keys AS key
