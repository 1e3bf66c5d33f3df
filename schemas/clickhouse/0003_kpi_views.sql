-- What the cells hold, one row per contribution. Names are numbers underneath: what picks some of them does so before it makes texts of them, and
-- doesn't join on them (ARCHITECTURE.md). All arrays are read, whichever columns are asked for: who needs few joins those of the cells.
CREATE OR REPLACE VIEW kpi_contributions SQL SECURITY DEFINER AS
SELECT lab, kind, local_day, name, part, fn, day, part_of, ref, amount, at, seq
FROM kpi_cells FINAL
ARRAY JOIN
    item_indicator AS name, item_part AS part, item_fn AS fn, item_day AS day, item_segment AS part_of,
    item_ref AS ref, item_amount AS amount, item_at AS at, item_seq AS seq;

-- The same with texts.
CREATE OR REPLACE VIEW kpi_items SQL SECURITY DEFINER AS
SELECT lab, kind, local_day, CAST(name, 'String') AS indicator, part, fn, day, CAST(part_of, 'String') AS segment, ref, amount, at, seq
FROM {{kpi_contributions}};

-- What kpi_figures and kpi_states were before: each read all cells anew, most of them twice.
DROP VIEW IF EXISTS kpi_periodic;

DROP VIEW IF EXISTS kpi_cumulative;

DROP VIEW IF EXISTS kpi_rolling;

DROP VIEW IF EXISTS kpi_levels;

-- All figures but those of what is active, from one reading of the cells: first what each period has by itself, then, of a lab's indicator
-- and segment, what follows from all its periods. Periods are numbers here, counted from 1970. By an indicator's family there are
--  * figures of the period itself: sums, distinct counts, ratios of them, highest values; not cut at as_of;
--  * counts of what first appears in the period; not cut either;
--  * ratios since the beginning: running sums, carried on to the period of as_of. A distinct count's running value is the running sum of the
--    references that are new;
--  * ratios over the months before a period's end, by month and by quarter; a day has no such figure. One sort of them is of the references
--    that were seen in two or more quarters of these months;
--  * last values: each period has the one at its end, up to the period of as_of.
CREATE OR REPLACE VIEW kpi_figures SQL SECURITY DEFINER AS
SELECT lab, indicator,
       multiIf({grain:String} = 'month', addMonths(toDate('1970-01-01'), n), {grain:String} = 'quarter', addQuarters(toDate('1970-01-01'), n), addDays(toDate('1970-01-01'), n)) AS period,
       segment,
       if(age, toDecimal128(toUInt32(least({as_of:Date},
                   multiIf({grain:String} = 'month', toLastDayOfMonth(period), {grain:String} = 'quarter', toLastDayOfMonth(addMonths(period, 2)), period))), 6) - figure.3,
          figure.3) AS numerator,
       figure.4 AS denominator
FROM (
    -- A figure is the first period that has it, the first one that doesn't, numerator and denominator.
    SELECT lab, indicator, segment, age,
           arrayConcat(
               arrayMap(r -> (r.1, toUInt32(r.1 + 1), r.2 + toDecimal128(arrayCount(x -> x.1 = 'numerator', r.5), 6) + r.4,
                              r.3 + toDecimal128(arrayCount(x -> x.1 = 'denominator', r.5), 6)), alone),
               arrayMap(a -> (a.1, toUInt32(a.1 + 1), a.2, a.3), arrayFilter(a -> a.2 > 0, appeared)),
               arrayMap((p, next, above, below) -> (p, next, CAST(above, 'Decimal(38, 6)'), CAST(below, 'Decimal(38, 6)')),
                        running.1, arraySlice(arrayPushBack(running.1, up_to), 2), arrayCumSum(running.2), arrayCumSum(running.3)),
               arrayMap((p, of) -> (p, toUInt32(p + 1),
                            CAST(arraySum(of.2), 'Decimal(38, 6)') + toDecimal128(arrayUniq(arrayFilter(x -> x.1 = 'numerator', arrayFlatten(of.5))), 6),
                            CAST(arraySum(of.3), 'Decimal(38, 6)') + toDecimal128(arrayUniq(arrayFilter(x -> x.1 = 'denominator', arrayFlatten(of.5))), 6)),
                        looking, arrayMap(p -> arrayFilter(r -> r.1 <= p AND p < r.1 + periods, rolling), looking)),
               arrayMap((p, of) -> (p, toUInt32(p + 1), toDecimal128(arrayCount(nth -> nth = 2, arrayEnumerateUniq(of)), 6), toDecimal128(arrayUniq(of), 6)),
                        visited, arrayMap(p -> arrayDistinct(arrayMap(v -> (v.3, v.4), arrayFilter(v -> v.1 <= p AND p < v.2, visits))).1, visited)),
               arrayMap((l, next) -> (l.1, next, l.7, toDecimal128(0, 6)), levels, arraySlice(arrayPushBack(levels.1, up_to), 2))) AS figures
    FROM (
        SELECT lab, indicator, segment, age, alone, rolling, visits, levels, periods, up_to,
               if(family = 'first', added, []) AS appeared, if(family = 'cumulative', added, []) AS running,
               arrayDistinct(arrayFlatten(arrayMap(r -> range(r.1, toUInt32(least(r.1 + periods, up_to))), rolling))) AS looking,
               arrayDistinct(arrayFlatten(arrayMap(v -> range(v.1, toUInt32(least(v.2, up_to))), visits))) AS visited
        FROM (
            SELECT lab, indicator, segment, age, family, periods, up_to, alone, rolling, levels,
                   -- Each period with what it adds: of references, those that are new. (A mark begins each period's, to part them again.)
                   arrayMap((r, more) -> (r.1, r.2 + toDecimal128(arrayCount(x -> x.1, more), 6), r.3 + toDecimal128(arrayCount(x -> NOT x.1, more), 6)), adding,
                            arrayMap(of -> arrayFilter(x -> NOT x.2 AND x.3 = 1, of),
                                     arraySplit(x -> x.2, arrayMap((x, nth) -> (x.1, x.3, nth), marked, arrayEnumerateUniq(marked))))) AS added,
                   -- Each reference with the first period that looks back on it and the first one that doesn't any more, by its quarter.
                   arrayFlatten(arrayMap((r, quarter) -> arrayMap(ref -> (r.1, toUInt32(quarter + periods), ref, quarter),
                                                                  arrayConcat(arrayFilter(x -> x.1 = 'denominator', r.5).2, if(r.8, [''], []))),
                                         seen, arrayMap(r -> if({grain:String} = 'month', r.1 - r.1 % 3, r.1), seen))) AS visits
            FROM (
                SELECT t.lab AS lab, t.indicator AS indicator, t.segment AS segment, r.family AS family, r.age AND r.family = 'level' AS age,
                       if({grain:String} = 'day', 0, intDiv(r.months, if({grain:String} = 'month', 1, 3))) AS periods,
                       toUInt32(dateDiff({grain:String}, toDate('1970-01-01'), {as_of:Date}) + 1) AS up_to,
                       if(family = 'period', t.told, []) AS alone,
                       if(family = 'rolling', t.told, []) AS rolling,
                       if(family = 'repeat' AND {grain:String} != 'day', t.told, []) AS seen,
                       if(family IN ('first', 'cumulative'), t.told, []) AS adding,
                       arrayFlatten(arrayMap(a -> arrayPushFront(arrayMap(x -> (x.1 = 'numerator', x.2, false), a.5), (true, '', true)), adding)) AS marked,
                       arrayFilter(l -> l.6, t.told) AS levels
                FROM (
                    SELECT lab, CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment,
                           arraySort(p -> p.1, groupArray((p, above, below, highest, refs, lasts > 0, level, nameless > 0))) AS told
                    FROM (
                        SELECT lab, name, part_of, toUInt32(dateDiff({grain:String}, toDate('1970-01-01'), day)) AS p,
                               sumIf(amount, fn = 'sum' AND part = 'numerator') AS above, sumIf(amount, fn = 'sum' AND part = 'denominator') AS below,
                               maxIf(amount, fn = 'max') AS highest, groupUniqArrayIf((part, ref), fn = 'distinct') AS refs,
                               countIf(fn = 'last') AS lasts, argMaxIf(amount, (at, seq, amount), fn = 'last') AS level,
                               countIf(fn != 'distinct' AND part = 'denominator') AS nameless
                        FROM {{kpi_contributions}}
                        WHERE fn != 'state' AND (day <= {as_of:Date}
                              OR name IN (SELECT code FROM indicator_store FINAL WHERE window = 'period' AND aggregation NOT IN ('last', 'stock')))
                        GROUP BY lab, name, part_of, p
                    )
                    GROUP BY lab, indicator, segment
                ) AS t
                INNER JOIN (
                    SELECT code, months, age,
                           multiIf(aggregation IN ('last', 'stock'), 'level', repeat, 'repeat', window = 'rolling', 'rolling',
                                   window = 'cumulative', 'cumulative', first, 'first', 'period') AS family
                    FROM indicator_store FINAL
                ) AS r ON t.indicator = r.code
            )
        )
    )
)
ARRAY JOIN figures AS figure
ARRAY JOIN range(figure.1, figure.2) AS n;

-- What is active: a reference is so from an event that says so until the next event about it. Each period has the number at its end, up to the
-- period of as_of.
CREATE OR REPLACE VIEW kpi_states SQL SECURITY DEFINER AS
SELECT lab, indicator, period, if(counted, '', segment) AS segment,
       toDecimal128(if(counted, uniqExactIf(state_segment, active AND startsWith(state_segment, concat(counts, '='))), countIf(active)), 6) AS numerator,
       toDecimal128(0, 6) AS denominator
FROM (
    SELECT lab, indicator, ref, counts, counts != '' AS counted,
           multiIf({grain:String} = 'month', addMonths(from_period, n), {grain:String} = 'quarter', addQuarters(from_period, n), addDays(from_period, n)) AS period,
           state_segment, has(active_segments, state_segment) AS active,
           if(counts != '', '', state_segment) AS segment
    FROM (
        SELECT lab, indicator, ref, active_segments, counts,
               arrayDistinct(arrayPushFront(groupUniqArrayArray(active_segments) OVER everything, '')) AS all_segments,
               toDate(dateTrunc({grain:String}, day)) AS from_period,
               row_number() OVER backwards = 1 AS is_last,
               -- A later event may lie on an earlier day: the lab's zone is another from its registration on.
               greatest(0, dateDiff({grain:String}, from_period, toDate(dateTrunc({grain:String}, if(is_last, {as_of:Date}, min(day) OVER later))))) AS ahead
        FROM (
            SELECT i.lab AS lab, i.indicator AS indicator, i.ref AS ref, i.at AS at, i.seq AS seq, any(i.day) AS day,
                   groupArrayIf(toString(i.segment), i.amount = 1) AS active_segments, any(r.counts) AS counts
            FROM {{kpi_items}} AS i
            -- Others have no states. Where none of these is asked for, nothing is left to join, and the engine (26.7) reads no cell.
            INNER JOIN (SELECT code, toString(counts) AS counts FROM indicator_store FINAL WHERE aggregation = 'stock') AS r ON i.indicator = r.code
            WHERE i.fn = 'state' AND i.day <= {as_of:Date}
            GROUP BY lab, indicator, ref, at, seq
        )
        WINDOW later AS (PARTITION BY lab, indicator, ref ORDER BY at, seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
               everything AS (PARTITION BY lab, indicator, ref),
               backwards AS (PARTITION BY lab, indicator, ref ORDER BY at DESC, seq DESC)
    )
    ARRAY JOIN range(toUInt64(ahead + is_last)) AS n
    ARRAY JOIN all_segments AS state_segment
)
GROUP BY lab, indicator, period, counted, counts, segment;

-- All indicators by period ('day', 'month' or 'quarter'). What looks back or is carried on does so up to as_of;
-- figures of a period alone aren't cut there. A quotient is cut at the sixth decimal (not by divideDecimal, which takes 170 times as long as `/`).
CREATE OR REPLACE VIEW kpi_by_period SQL SECURITY DEFINER AS
SELECT k.lab AS lab, k.indicator AS indicator, k.period AS period, k.segment AS segment,
       CAST(multiIf(r.aggregation != 'ratio', k.numerator / r.scale,
                    k.denominator = 0, NULL,
                    k.numerator * if(r.unit = '%', 100, 1) / k.denominator), 'Nullable(Decimal(38, 6))') AS value,
       CAST(k.numerator, 'Decimal(38, 6)') AS numerator,
       CAST(if(r.aggregation = 'ratio', k.denominator, NULL), 'Nullable(Decimal(38, 6))') AS denominator
FROM (
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_figures(grain = {grain:String}, as_of = {as_of:Date})}}
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_states(grain = {grain:String}, as_of = {as_of:Date})}}
) AS k
INNER JOIN (SELECT code, aggregation, unit, scale FROM indicator_store FINAL) AS r ON k.indicator = r.code;

CREATE OR REPLACE VIEW kpi_daily SQL SECURITY DEFINER AS
SELECT lab, indicator, period AS day, segment, value, numerator, denominator, period
FROM {{kpi_by_period(grain = 'day', as_of = {{today}})}};

CREATE OR REPLACE VIEW kpi_monthly SQL SECURITY DEFINER AS
SELECT lab, indicator, period AS month, segment, value, numerator, denominator, period
FROM {{kpi_by_period(grain = 'month', as_of = {{today}})}};

CREATE OR REPLACE VIEW kpi_quarterly SQL SECURITY DEFINER AS
SELECT lab, indicator, period AS quarter, segment, value, numerator, denominator, period
FROM {{kpi_by_period(grain = 'quarter', as_of = {{today}})}};
