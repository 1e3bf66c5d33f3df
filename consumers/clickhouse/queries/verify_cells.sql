SELECT lab, kind, toInt32(local_day) AS day, toString(version) AS number,
       item_indicator, arrayMap(x -> toString(x), item_part), arrayMap(x -> toString(x), item_fn), arrayMap(x -> toInt32(x), item_day),
       item_segment, item_ref, arrayMap(x -> toString(x), item_amount), arrayMap(x -> toUnixTimestamp64Milli(x), item_at), item_seq
FROM kpi_cells FINAL
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
