-- As cell_events, where some of them were stored when what they contribute was still worked out then: with that.
SELECT lab, kind, local_day, id, version, superseded OR retracted AS gone, toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(ended_at) AS until,
       data, later_days, later_seconds,
       fact_indicator AS indicators, CAST(fact_part, 'Array(Int8)') AS parts, CAST(fact_fn, 'Array(Int8)') AS fns, fact_day AS days,
       fact_segment AS segments, fact_ref AS refs, fact_amount AS amounts
FROM event_store FINAL
PREWHERE (lab, kind, local_day) IN (SELECT lab, kind, local_day FROM touched)
  AND local_day BETWEEN {first:Date} AND {last:Date}
