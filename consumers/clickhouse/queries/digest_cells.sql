-- A cell's items come in any order: of them, too, the sum of their hashes.
SELECT lab, count() AS found,
       sum(xxHash64(concat(kind, '\0', toString(day), '\0', number, '\0', toString(length(indicators)), '\0',
           toString(arraySum(arrayMap((indicator, part, fn, day_of, segment, ref, amount, at, seq) ->
               xxHash64(concat(indicator, '\0', part, '\0', fn, '\0', toString(day_of), '\0', segment, '\0', ref, '\0', amount, '\0',
                   if(fn IN ('last', 'state'), concat(toString(at), '\0', toString(seq), '\0'), ''))),
               indicators, parts, fns, days, segments, refs, amounts, ats, seqs))), '\0'))) AS digest
FROM verified
GROUP BY lab
