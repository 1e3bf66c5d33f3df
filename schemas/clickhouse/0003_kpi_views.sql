-- What the cells hold, one row per contribution.
CREATE OR REPLACE VIEW kpi_items SQL SECURITY DEFINER AS
SELECT lab, kind, local_day, CAST(indicator, 'String') AS indicator, part, fn, day, CAST(segment, 'String') AS segment, ref, amount, at, seq
FROM kpi_cells FINAL
ARRAY JOIN
    item_indicator AS indicator, item_part AS part, item_fn AS fn, item_day AS day, item_segment AS segment,
    item_ref AS ref, item_amount AS amount, item_at AS at, item_seq AS seq;

-- (dateTrunc of a Date gives a DateTime for 'day', hence toDate.)

-- Figures whose window is the period itself: sums, distinct counts, ratios of them, highest values.
CREATE OR REPLACE VIEW kpi_periodic SQL SECURITY DEFINER AS
SELECT lab, indicator, toDate(dateTrunc({grain:String}, day)) AS period, segment,
       sumIf(amount, fn = 'sum' AND part = 'numerator')
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator'), 6)
           + maxIf(amount, fn = 'max') AS numerator,
       sumIf(amount, fn = 'sum' AND part = 'denominator')
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'denominator'), 6) AS denominator
FROM {{kpi_items}}
WHERE indicator IN (SELECT code FROM indicator_store FINAL WHERE window = 'period' AND NOT first AND aggregation IN ('sum', 'distinct', 'ratio', 'max'))
GROUP BY lab, indicator, period, segment
UNION ALL
-- A reference counts in the period in which it first appears.
SELECT lab, indicator, toDate(dateTrunc({grain:String}, first_day)) AS period, segment,
       toDecimal128(count(), 6) AS numerator, toDecimal128(0, 6) AS denominator
FROM (
    SELECT lab, indicator, segment, ref, min(day) AS first_day
    FROM {{kpi_items}}
    WHERE indicator IN (SELECT code FROM indicator_store FINAL WHERE first)
    GROUP BY lab, indicator, segment, ref
)
GROUP BY lab, indicator, period, segment;

-- Ratios since the beginning: running sums, carried on to the period of as_of. A distinct count's
-- running value is the running sum of the references that are new.
CREATE OR REPLACE VIEW kpi_cumulative SQL SECURITY DEFINER AS
SELECT lab, indicator,
       multiIf({grain:String} = 'month', addMonths(from_period, n), {grain:String} = 'quarter', addQuarters(from_period, n), addDays(from_period, n)) AS period,
       segment, numerator, denominator
FROM (
    SELECT lab, indicator, segment, period AS from_period,
           sum(added_numerator) OVER running AS numerator,
           sum(added_denominator) OVER running AS denominator,
           dateDiff({grain:String}, period, leadInFrame(period, 1, toDate(dateTrunc({grain:String}, {as_of:Date}))) OVER whole) AS ahead,
           row_number() OVER backwards = 1 AS is_last
    FROM (
        SELECT lab, indicator, segment, toDate(dateTrunc({grain:String}, day)) AS period,
               sumIf(amount, part = 'numerator') AS added_numerator, sumIf(amount, part = 'denominator') AS added_denominator
        FROM (
            SELECT lab, indicator, segment, part, day, amount FROM {{kpi_items}}
            WHERE fn = 'sum' AND indicator IN (SELECT code FROM indicator_store FINAL WHERE window = 'cumulative')
            UNION ALL
            SELECT lab, indicator, segment, part, min(day) AS day, toDecimal128(1, 6) AS amount FROM {{kpi_items}}
            WHERE fn = 'distinct' AND indicator IN (SELECT code FROM indicator_store FINAL WHERE window = 'cumulative')
            GROUP BY lab, indicator, segment, part, ref
        )
        WHERE day <= {as_of:Date}
        GROUP BY lab, indicator, segment, period
    )
    WINDOW running AS (PARTITION BY lab, indicator, segment ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
           whole AS (PARTITION BY lab, indicator, segment ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
           backwards AS (PARTITION BY lab, indicator, segment ORDER BY period DESC)
)
ARRAY JOIN range(toUInt64(ahead + is_last)) AS n;

-- Ratios over the months before a period's end, by month and by quarter; a day has no such figure.
CREATE OR REPLACE VIEW kpi_rolling SQL SECURITY DEFINER AS
SELECT lab, indicator,
       if({grain:String} = 'month', addMonths(from_period, n), addQuarters(from_period, n)) AS period,
       segment,
       sumIf(amount, fn = 'sum' AND part = 'numerator') + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator'), 6) AS numerator,
       sumIf(amount, fn = 'sum' AND part = 'denominator') + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'denominator'), 6) AS denominator
FROM (
    SELECT i.lab AS lab, i.indicator AS indicator, i.segment AS segment, i.part AS part, i.fn AS fn, i.ref AS ref, i.amount AS amount,
           toDate(dateTrunc({grain:String}, i.day)) AS from_period, intDiv(r.months, if({grain:String} = 'month', 1, 3)) AS periods
    FROM {{kpi_items}} AS i
    INNER JOIN (SELECT code, months FROM indicator_store FINAL WHERE window = 'rolling' AND NOT repeat) AS r ON i.indicator = r.code
    WHERE {grain:String} != 'day' AND i.day <= {as_of:Date}
)
ARRAY JOIN range(toUInt64(periods)) AS n
WHERE period <= toDate(dateTrunc({grain:String}, {as_of:Date}))
GROUP BY lab, indicator, period, segment
UNION ALL
-- The references seen in two or more quarters of the window ÷ those seen at all.
SELECT lab, indicator, period, segment,
       toDecimal128(countIf(quarters >= 2), 6) AS numerator, toDecimal128(count(), 6) AS denominator
FROM (
    SELECT lab, indicator, segment, ref,
           if({grain:String} = 'month', addMonths(from_period, n), addQuarters(from_period, n)) AS period,
           uniqExact(quarter) AS quarters
    FROM (
        SELECT i.lab AS lab, i.indicator AS indicator, i.segment AS segment, i.ref AS ref,
               toStartOfQuarter(i.day) AS quarter,
               toDate(dateTrunc({grain:String}, min(i.day))) AS from_period,
               dateDiff({grain:String}, from_period, addMonths(quarter, any(r.months))) AS periods
        FROM {{kpi_items}} AS i
        INNER JOIN (SELECT code, months FROM indicator_store FINAL WHERE repeat) AS r ON i.indicator = r.code
        WHERE {grain:String} != 'day' AND i.part = 'denominator' AND i.day <= {as_of:Date}
        GROUP BY lab, indicator, segment, ref, quarter
    )
    ARRAY JOIN range(toUInt64(periods)) AS n
    WHERE period <= toDate(dateTrunc({grain:String}, {as_of:Date}))
    GROUP BY lab, indicator, segment, ref, period
)
GROUP BY lab, indicator, period, segment;

-- What holds until something else is said: last values, and what is active. Each period has the
-- value at its end, up to the period of as_of.
CREATE OR REPLACE VIEW kpi_levels SQL SECURITY DEFINER AS
SELECT lab, indicator, period, segment,
       if(r.age, toDecimal128(toUInt32(least({as_of:Date},
                     multiIf({grain:String} = 'month', toLastDayOfMonth(period), {grain:String} = 'quarter', toLastDayOfMonth(addMonths(period, 2)), period))), 6) - level,
          level) AS numerator,
       toDecimal128(0, 6) AS denominator
FROM (
    SELECT lab, indicator, segment, level,
           multiIf({grain:String} = 'month', addMonths(from_period, n), {grain:String} = 'quarter', addQuarters(from_period, n), addDays(from_period, n)) AS period
    FROM (
        SELECT lab, indicator, segment, level, period AS from_period,
               dateDiff({grain:String}, period, leadInFrame(period, 1, toDate(dateTrunc({grain:String}, {as_of:Date}))) OVER whole) AS ahead,
               row_number() OVER backwards = 1 AS is_last
        FROM (
            SELECT lab, indicator, segment, toDate(dateTrunc({grain:String}, day)) AS period, argMax(amount, (at, seq, amount)) AS level
            FROM {{kpi_items}}
            WHERE fn = 'last' AND day <= {as_of:Date}
            GROUP BY lab, indicator, segment, period
        )
        WINDOW whole AS (PARTITION BY lab, indicator, segment ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
               backwards AS (PARTITION BY lab, indicator, segment ORDER BY period DESC)
    )
    ARRAY JOIN range(toUInt64(ahead + is_last)) AS n
) AS l
INNER JOIN (SELECT code, age FROM indicator_store FINAL) AS r ON l.indicator = r.code
UNION ALL
-- A reference is active from an event that says so until the next event about it.
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
            INNER JOIN (SELECT code, toString(counts) AS counts FROM indicator_store FINAL) AS r ON i.indicator = r.code
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
-- figures of a period alone aren't cut there.
CREATE OR REPLACE VIEW kpi_by_period SQL SECURITY DEFINER AS
SELECT k.lab AS lab, k.indicator AS indicator, k.period AS period, k.segment AS segment,
       CAST(multiIf(r.aggregation != 'ratio', divideDecimal(k.numerator, r.scale, 6),
                    k.denominator = 0, NULL,
                    divideDecimal(k.numerator * if(r.unit = '%', 100, 1), k.denominator, 6)), 'Nullable(Decimal(38, 6))') AS value,
       CAST(k.numerator, 'Decimal(38, 6)') AS numerator,
       CAST(if(r.aggregation = 'ratio', k.denominator, NULL), 'Nullable(Decimal(38, 6))') AS denominator
FROM (
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_periodic(grain = {grain:String})}}
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_cumulative(grain = {grain:String}, as_of = {as_of:Date})}}
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_rolling(grain = {grain:String}, as_of = {as_of:Date})}}
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{kpi_levels(grain = {grain:String}, as_of = {as_of:Date})}}
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
