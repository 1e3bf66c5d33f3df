SELECT lab, kind, toInt32(local_day) AS day, toString(version) AS number,
       arrayMap(x -> toString(x), item_indicator), arrayMap(x -> toString(x), item_part), arrayMap(x -> toString(x), item_fn), arrayMap(x -> toInt32(x), item_day),
       arrayMap(x -> toString(x), item_segment), item_ref, arrayMap(x -> toString(x), item_amount),
       -- when, only where that matters: cells from before say it of all
       arrayMap((x, fn) -> if(fn IN ('last', 'state'), toUnixTimestamp64Milli(x), 0), item_at, item_fn),
       arrayMap((x, fn) -> if(fn IN ('last', 'state'), x, 0), item_seq, item_fn)
FROM kpi_cells FINAL
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
