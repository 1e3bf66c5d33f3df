-- The live events of a lab, '' is all, of some kinds, [] is all: what is needed to work out what each contributes.
SELECT lab, kind, local_day, id, version, false AS gone, toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(ended_at) AS until,
       stream_seq, data, later_days, later_seconds,
       fact_indicator AS indicators, CAST(fact_part, 'Array(Int8)') AS parts, CAST(fact_fn, 'Array(Int8)') AS fns, fact_day AS days,
       fact_segment AS segments, fact_ref AS refs, fact_amount AS amounts
FROM event_store FINAL
WHERE ({lab:String} = '' OR lab = {lab:String}) AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
  AND NOT superseded AND NOT retracted
