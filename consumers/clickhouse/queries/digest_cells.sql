-- A cell's items come in any order: of them, too, the sum of their hashes.
SELECT lab, count() AS found,
       sum(xxHash64(concat(kind, '\0', toString(toInt32(local_day)), '\0', toString(version), '\0', toString(length(item_indicator)), '\0',
           toString(arraySum(arrayMap((indicator, part, fn, day, segment, ref, amount, at, seq) ->
               xxHash64(concat(indicator, '\0', toString(part), '\0', toString(fn), '\0', toString(toInt32(day)), '\0', segment, '\0', ref, '\0', toString(amount), '\0',
                   -- when, only where that matters: cells from before say it of all
                   if(fn IN ('last', 'state'), concat(toString(toUnixTimestamp64Milli(at)), '\0', toString(seq), '\0'), ''))),
               item_indicator, item_part, item_fn, item_day, item_segment, item_ref, item_amount, item_at, item_seq))), '\0'))) AS digest
FROM kpi_cells FINAL
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
GROUP BY lab
