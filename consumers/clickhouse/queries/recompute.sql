-- Compute each of the {touched} cells whole. One read of event_store gives both the content and its version:
-- with two reads an insert could fall between them, and a stale content carry a new version.
INSERT INTO kpi_cells
    (lab, kind, local_day, version, item_indicator, item_part, item_fn, item_day, item_segment, item_ref, item_amount, item_at, item_seq)
SELECT lab, kind, local_day, cell_version,
       groupArrayIf(indicator, indicator != ''), groupArrayIf(part, indicator != ''), groupArrayIf(fn, indicator != ''),
       groupArrayIf(day, indicator != ''), groupArrayIf(segment, indicator != ''), groupArrayIf(ref, indicator != ''),
       groupArrayIf(reduced, indicator != ''), groupArrayIf(last_at, indicator != ''), groupArrayIf(last_seq, indicator != '')
FROM (
    SELECT lab, kind, local_day, cell_version, indicator, part, fn, day, segment, ref,
           multiIf(fn IN ('last', 'state'), argMax(amount, (at, seq, amount)),
                   fn = 'max', max(amount),
                   fn = 'distinct', toDecimal128(1, 6),
                   sum(amount)) AS reduced,
           max((at, seq)) AS latest, latest.1 AS last_at, latest.2 AS last_seq
    FROM (
        SELECT lab, kind, local_day, sum(version) AS cell_version,
               groupArrayArray(fact_indicator) AS indicators_, groupArrayArray(fact_part) AS parts_, groupArrayArray(fact_fn) AS fns_,
               groupArrayArray(fact_day) AS days_, groupArrayArray(fact_segment) AS segments_, groupArrayArray(fact_ref) AS refs_,
               groupArrayArray(fact_amount) AS amounts_,
               groupArrayArray(arrayWithConstant(length(fact_indicator), occurred_at)) AS ats_,
               groupArrayArray(arrayWithConstant(length(fact_indicator), stream_seq)) AS seqs_
        FROM event_store FINAL
        WHERE (lab, kind, local_day) IN (SELECT lab, kind, local_day FROM touched)
          AND local_day BETWEEN {first:Date} AND {last:Date}
        GROUP BY lab, kind, local_day
    )
    LEFT ARRAY JOIN indicators_ AS indicator, parts_ AS part, fns_ AS fn, days_ AS day, segments_ AS segment, refs_ AS ref,
                    amounts_ AS amount, ats_ AS at, seqs_ AS seq
    GROUP BY lab, kind, local_day, cell_version, indicator, part, fn, day, segment, ref
)
GROUP BY lab, kind, local_day, cell_version
