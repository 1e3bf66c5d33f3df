-- The live events of a lab, '' is all, of some kinds, [] is all: what is needed to work out what each contributes. (Columns of the key may
-- choose before FINAL, and should: else what all events say is read.)
SELECT lab, kind, local_day, id, version, false AS gone, toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(ended_at) AS until,
       data, later_days, later_seconds,
       fact_indicator AS indicators, CAST(fact_part, 'Array(Int8)') AS parts, CAST(fact_fn, 'Array(Int8)') AS fns, fact_day AS days,
       fact_segment AS segments, fact_ref AS refs, fact_amount AS amounts
FROM event_store FINAL
PREWHERE ({lab:String} = '' OR lab = {lab:String}) AND (empty({kinds:Array(String)}) OR kind IN {kinds:Array(String)})
WHERE NOT superseded AND NOT retracted
