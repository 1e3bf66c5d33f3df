-- The events of the {touched} cells, with what each contributes. One read gives both the content of a cell and its version:
-- with two an insert could fall between them, and a stale content carry a new version.
SELECT lab, kind, local_day, version, toUnixTimestamp64Milli(occurred_at) AS at, stream_seq,
       fact_indicator AS indicators, CAST(fact_part, 'Array(Int8)') AS parts, CAST(fact_fn, 'Array(Int8)') AS fns, fact_day AS days,
       fact_segment AS segments, fact_ref AS refs, fact_amount AS amounts
FROM event_store FINAL
WHERE (lab, kind, local_day) IN (SELECT lab, kind, local_day FROM touched)
  AND local_day BETWEEN {first:Date} AND {last:Date}
