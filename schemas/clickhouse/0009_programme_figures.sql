-- All labs' cells are read here, and that takes what their arrays take: an array that is joined is read and taken apart whether it is used or
-- not, so readings name those that they need. Indicators are picked while their names are numbers.

-- What each lab adds to the programme's figures, from the start to a day: levels as they stand then, what looks back
-- over the last months as it does on that day. Companies that unite over labs aren't here, nor single machines: their codes
-- are a lab's own.
CREATE OR REPLACE VIEW programme_parts SQL SECURITY DEFINER AS
SELECT p.lab AS lab, p.indicator AS indicator, p.segment AS segment, p.numerator AS numerator, p.denominator AS denominator,
       r.aggregation AS aggregation, r.unit AS unit, r.scale AS scale, r.over_labs AS over_labs,
       CAST(multiIf(r.aggregation != 'ratio', p.numerator / r.scale,
                    p.denominator = 0, NULL,
                    p.numerator * if(r.unit = '%', 100, 1) / p.denominator), 'Nullable(Decimal(38, 6))') AS value
FROM (
    SELECT lab, indicator, segment,
           multiIf(has((SELECT groupArray(code) FROM indicator_store FINAL WHERE age), indicator), toDecimal128(toUInt32({as_of:Date}), 6) - level,
                   lasts > 0, level,
                   added + toDecimal128(refs, 6) + highest) AS numerator,
           added_below + toDecimal128(refs_below, 6) AS denominator
    FROM (
        SELECT lab, CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment,
               sumIf(amount, fn = 'sum' AND part = 'numerator') AS added,
               sumIf(amount, fn = 'sum' AND part = 'denominator') AS added_below,
               uniqExactIf(ref, fn = 'distinct' AND part = 'numerator') AS refs,
               uniqExactIf(ref, fn = 'distinct' AND part = 'denominator') AS refs_below,
               maxIf(amount, fn = 'max') AS highest,
               countIf(fn = 'last') AS lasts, argMaxIf(amount, (at, seq, amount), fn = 'last') AS level
        FROM (
            SELECT lab, name, part, fn, day, part_of, ref, amount, at, seq
            FROM {{kpi_contributions}}
            WHERE NOT startsWith(part_of, 'machine=') AND name IN (SELECT code FROM indicator_store FINAL WHERE over_labs NOT IN ('union', 'none') AND NOT repeat)
        )
        WHERE day <= {as_of:Date} AND fn != 'state'
          AND (name NOT IN (SELECT code FROM indicator_store FINAL WHERE window = 'rolling')
               OR day >= addMonths(toStartOfMonth({as_of:Date}),
                                   1 - (SELECT mapFromArrays(groupArray(code), groupArray(months)) FROM indicator_store FINAL WHERE window = 'rolling')[CAST(name, 'String')]))
        GROUP BY lab, name, part_of
    )
    UNION ALL
    -- The references seen in two or more quarters of the window ÷ those seen at all.
    SELECT lab, indicator, segment, toDecimal128(countIf(quarters >= 2), 6), toDecimal128(count(), 6)
    FROM (
        SELECT lab, CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment, ref, uniqExact(toStartOfQuarter(day)) AS quarters
        FROM (
            SELECT lab, name, part, day, part_of, ref
            FROM kpi_cells FINAL
            ARRAY JOIN item_indicator AS name, item_part AS part, item_day AS day, item_segment AS part_of, item_ref AS ref
            WHERE name IN (SELECT code FROM indicator_store FINAL WHERE repeat)
        )
        WHERE day <= {as_of:Date} AND part = 'denominator'
          AND toStartOfQuarter(day) >= addMonths(toStartOfMonth({as_of:Date}),
                                                 1 - (SELECT mapFromArrays(groupArray(code), groupArray(months)) FROM indicator_store FINAL WHERE repeat)[CAST(name, 'String')])
        GROUP BY lab, name, part_of, ref
    )
    GROUP BY lab, indicator, segment
    UNION ALL
    -- What is active: each reference as its last event by then says.
    SELECT lab, indicator, if(counts = '', one, '') AS segment,
           toDecimal128(if(counts = '', countIf(has(active, one)), uniqExactIf(one, has(active, one) AND startsWith(one, concat(counts, '=')))), 6),
           toDecimal128(0, 6)
    FROM (
        SELECT s.lab AS lab, s.indicator AS indicator, s.ref AS ref, r.counts AS counts, argMax(s.active_segments, (s.at, s.seq)) AS active,
               arrayDistinct(arrayPushFront(groupUniqArrayArray(s.active_segments), '')) AS all_segments
        FROM (
            SELECT lab, indicator, ref, at, seq, groupArrayIf(segment, amount = 1) AS active_segments
            FROM {{kpi_items}}
            WHERE day <= {as_of:Date} AND fn = 'state'
            GROUP BY lab, indicator, ref, at, seq
        ) AS s
        INNER JOIN (SELECT code, counts FROM indicator_store FINAL) AS r ON s.indicator = r.code
        GROUP BY lab, indicator, ref, counts
    )
    ARRAY JOIN all_segments AS one
    GROUP BY lab, indicator, segment, counts
) AS p
INNER JOIN (SELECT code, aggregation, unit, scale, over_labs FROM indicator_store FINAL WHERE over_labs != 'none') AS r ON p.indicator = r.code
WHERE NOT startsWith(p.segment, 'machine=');

-- The programme's figures from its start to a day. A median is that of the labs' values: between two, the middle.
CREATE OR REPLACE VIEW programme_figures_as_of SQL SECURITY DEFINER AS
SELECT indicator, segment, value, numerator, denominator, labs, over_labs, as_of
FROM (
    SELECT indicator, segment,
           CAST(multiIf(over_labs = 'median', multiIf(empty(ordered), NULL, length(ordered) % 2 = 1, upper,
                                                      (ordered[intDiv(length(ordered), 2)] + upper) / 2),
                        over_labs = 'sum', added / scale,
                        added_below = 0, NULL,
                        added * if(unit = '%', 100, 1) / added_below), 'Nullable(Decimal(38, 6))') AS value,
           CAST(if(over_labs = 'median', NULL, added), 'Nullable(Decimal(38, 6))') AS numerator,
           CAST(if(over_labs = 'ratio', added_below, NULL), 'Nullable(Decimal(38, 6))') AS denominator,
           labs, over_labs, {as_of:Date} AS as_of
    FROM (
        SELECT indicator, segment, unit, scale, over_labs, sum(numerator) AS added, sum(denominator) AS added_below, uniqExact(lab) AS labs,
               arraySort(groupArray(value)) AS ordered, ordered[intDiv(length(ordered), 2) + 1] AS upper
        FROM {{programme_parts(as_of = {as_of:Date})}}
        GROUP BY indicator, segment, unit, scale, over_labs
    )
    UNION ALL
    -- Each company once, however many labs have it.
    SELECT CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment,
           CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS value, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS numerator,
           CAST(NULL, 'Nullable(Decimal(38, 6))') AS denominator, uniqExact(lab) AS labs, 'union' AS over_labs, {as_of:Date} AS as_of
    FROM kpi_cells FINAL
    ARRAY JOIN item_indicator AS name, item_day AS day, item_segment AS part_of, item_ref AS ref
    WHERE day <= {as_of:Date} AND name IN (SELECT code FROM indicator_store FINAL WHERE over_labs = 'union')
    GROUP BY name, part_of
);

CREATE OR REPLACE VIEW programme_figures SQL SECURITY DEFINER AS
SELECT * FROM {{programme_figures_as_of(as_of = {{today}})}};

-- The programme's figures by period ('month' or 'quarter'), as kpi_by_period gives the labs'. A company is new to the
-- programme in the period in which the first lab has it.
CREATE OR REPLACE VIEW programme_by_period SQL SECURITY DEFINER AS
SELECT indicator, period, segment, value, numerator, denominator, labs, over_labs
FROM (
    SELECT indicator, period, segment,
           CAST(multiIf(over_labs = 'median', multiIf(empty(ordered), NULL, length(ordered) % 2 = 1, upper,
                                                      (ordered[intDiv(length(ordered), 2)] + upper) / 2),
                        over_labs = 'sum', added / scale,
                        added_below = 0, NULL,
                        added * if(unit = '%', 100, 1) / added_below), 'Nullable(Decimal(38, 6))') AS value,
           CAST(if(over_labs = 'median', NULL, added), 'Nullable(Decimal(38, 6))') AS numerator,
           CAST(if(over_labs = 'ratio', added_below, NULL), 'Nullable(Decimal(38, 6))') AS denominator,
           labs, over_labs
    FROM (
        SELECT k.indicator AS indicator, k.period AS period, k.segment AS segment, r.unit AS unit, r.scale AS scale, r.over_labs AS over_labs,
               sum(k.numerator) AS added, sum(ifNull(k.denominator, 0)) AS added_below, uniqExact(k.lab) AS labs,
               arraySort(groupArray(k.value)) AS ordered, ordered[intDiv(length(ordered), 2) + 1] AS upper
        FROM {{kpi_by_period(grain = {grain:String}, as_of = {as_of:Date})}} AS k
        INNER JOIN (SELECT code, unit, scale, over_labs FROM indicator_store FINAL WHERE over_labs IN ('sum', 'ratio', 'median')) AS r ON k.indicator = r.code
        WHERE NOT startsWith(k.segment, 'machine=')
        GROUP BY indicator, period, segment, unit, scale, over_labs
    )
    UNION ALL
    SELECT indicator, period, segment, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS value, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS numerator,
           CAST(NULL, 'Nullable(Decimal(38, 6))') AS denominator, uniqExact(lab) AS labs, 'union' AS over_labs
    FROM (
        SELECT CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment, ref, lab, toDate(dateTrunc({grain:String}, day)) AS period
        FROM kpi_cells FINAL
        ARRAY JOIN item_indicator AS name, item_day AS day, item_segment AS part_of, item_ref AS ref
        WHERE name IN (SELECT code FROM indicator_store FINAL WHERE over_labs = 'union' AND NOT first)
        UNION ALL
        SELECT CAST(name, 'String') AS indicator, CAST(part_of, 'String') AS segment, ref, argMin(lab, (day, lab)) AS lab, toDate(dateTrunc({grain:String}, min(day))) AS period
        FROM kpi_cells FINAL
        ARRAY JOIN item_indicator AS name, item_day AS day, item_segment AS part_of, item_ref AS ref
        WHERE name IN (SELECT code FROM indicator_store FINAL WHERE over_labs = 'union' AND first)
        GROUP BY name, part_of, ref
    )
    GROUP BY indicator, period, segment
);

CREATE OR REPLACE VIEW programme_monthly SQL SECURITY DEFINER AS
SELECT indicator, period AS month, segment, value, numerator, denominator, labs, over_labs, period
FROM {{programme_by_period(grain = 'month', as_of = {{today}})}};

CREATE OR REPLACE VIEW programme_quarterly SQL SECURITY DEFINER AS
SELECT indicator, period AS quarter, segment, value, numerator, denominator, labs, over_labs, period
FROM {{programme_by_period(grain = 'quarter', as_of = {{today}})}};
