SELECT lab, kind, toInt32(local_day) AS day, toString(version) AS number,
       arrayMap(x -> toString(x), item_indicator) AS indicators, arrayMap(x -> toString(x), item_part) AS parts, arrayMap(x -> toString(x), item_fn) AS fns,
       arrayMap(x -> toInt32(x), item_day) AS days, arrayMap(x -> toString(x), item_segment) AS segments, item_ref AS refs,
       arrayMap(x -> toString(x), item_amount) AS amounts,
       -- when, only where that matters: cells from before say it of all
       arrayMap((x, fn) -> if(fn IN ('last', 'state'), toUnixTimestamp64Milli(x), 0), item_at, item_fn) AS ats,
       arrayMap((x, fn) -> if(fn IN ('last', 'state'), x, 0), item_seq, item_fn) AS seqs
FROM kpi_cells FINAL
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
