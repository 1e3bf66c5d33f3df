-- All labs' cells are read here, and that takes what their arrays take: an array that is joined is read and taken apart whether it is used or
-- not, so a reading names those that it needs, and figures from the start come of one for all indicators. These are picked while their names are numbers.

-- What each lab adds to the programme's figures, from the start to a day: levels as they stand then, what looks back
-- over the last months as it does on that day; of what unites over labs, its references. Single machines aren't here: their codes are a lab's own. Without
-- `segments` there are wholes alone.
CREATE OR REPLACE VIEW programme_parts SQL SECURITY DEFINER AS
SELECT lab, indicator, part.1 AS segment, part.2 AS numerator, part.3 AS denominator, together, aggregation, unit, scale, over_labs,
       CAST(multiIf(aggregation != 'ratio', numerator / scale,
                    denominator = 0, NULL,
                    numerator * if(unit = '%', 100, 1) / denominator), 'Nullable(Decimal(38, 6))') AS value
FROM (
    SELECT t.lab AS lab, t.indicator AS indicator, t.together AS together, r.aggregation AS aggregation, r.unit AS unit, r.scale AS scale, r.over_labs AS over_labs,
           -- Of a reference that may be active: its events in their order, and the segments in which the last one says that it is.
           arraySort(s -> (s.1, s.2, s.3), t.turns) AS states,
           arrayFilter((s, last_at, last_seq) -> s.5 AND s.2 = last_at AND s.3 = last_seq, states,
                       arrayReverseFill((at, ends) -> ends, states.2, arrayMap((ref, next) -> ref != next, states.1, arraySlice(arrayPushBack(states.1, ''), 2))),
                       arrayReverseFill((seq, ends) -> ends, states.3, arrayMap((ref, next) -> ref != next, states.1, arraySlice(arrayPushBack(states.1, ''), 2)))).4 AS active,
           multiIf(empty(states), [(t.slice,
                       multiIf(r.age, toDecimal128(toUInt32({as_of:Date}), 6) - t.level,
                               t.lasts > 0, t.level,
                               r.repeat, toDecimal128(arrayCount(nth -> nth = 2, arrayEnumerateUniq(t.visits.1)), 6),
                               t.added + toDecimal128(t.refs, 6) + t.highest),
                       if(r.repeat, toDecimal128(arrayUniq(t.visits.1), 6), t.added_below + toDecimal128(t.refs_below, 6)))],
                   r.counts != '', [('', toDecimal128(arrayUniq(arrayFilter(s -> startsWith(s, concat(r.counts, '=')), active)), 6), toDecimal128(0, 6))],
                   arrayMap(s -> (s, toDecimal128(countEqual(active, s), 6), toDecimal128(0, 6)),
                            arrayDistinct(arrayPushFront(arrayFilter(s -> s.5, states).4, '')))) AS parts
    FROM (
        SELECT lab, CAST(name, 'String') AS indicator, if(fn = 'state', '', CAST(part_of, 'String')) AS slice,
               sumIf(amount, fn = 'sum' AND part = 'numerator') AS added,
               sumIf(amount, fn = 'sum' AND part = 'denominator') AS added_below,
               uniqExactIf(ref, fn = 'distinct' AND part = 'numerator' AND NOT united AND NOT repeated) AS refs,
               uniqExactIf(ref, fn = 'distinct' AND part = 'denominator' AND NOT united AND NOT repeated) AS refs_below,
               maxIf(amount, fn = 'max') AS highest,
               countIf(fn = 'last') AS lasts, argMaxIf(amount, (at, seq, amount), fn = 'last') AS level,
               groupUniqArrayIf((ref, toStartOfQuarter(day)), repeated) AS visits, -- a reference counts if it was seen in two or more quarters
               groupArrayIf((ref, at, seq, CAST(part_of, 'String'), amount = 1), fn = 'state') AS turns,
               uniqExactStateIf(ref, united) AS together
        FROM (
            SELECT lab, name, part, fn, day, part_of, ref, amount, at, seq,
                   name IN (SELECT code FROM indicator_store FINAL WHERE over_labs = 'union') AS united,
                   name IN (SELECT code FROM indicator_store FINAL WHERE repeat) AS repeated
            FROM {{kpi_contributions}}
            WHERE name IN (SELECT code FROM indicator_store FINAL WHERE over_labs != 'none')
        )
        WHERE day <= {as_of:Date} AND (united OR NOT startsWith(part_of, 'machine=')) AND (NOT repeated OR part = 'denominator')
          AND ({segments:Bool} OR part_of = '' OR fn = 'state')
          AND (name NOT IN (SELECT code FROM indicator_store FINAL WHERE window = 'rolling' AND over_labs != 'union')
               OR if(repeated, toStartOfQuarter(day), day) >= addMonths(toStartOfMonth({as_of:Date}),
                   1 - (SELECT mapFromArrays(groupArray(code), groupArray(months)) FROM indicator_store FINAL WHERE window = 'rolling')[CAST(name, 'String')]))
        GROUP BY lab, name, slice
    ) AS t
    INNER JOIN (SELECT code, aggregation, unit, scale, over_labs, age, repeat, counts FROM indicator_store FINAL) AS r ON t.indicator = r.code
)
ARRAY JOIN parts AS part
WHERE {segments:Bool} OR segment = '';

-- The programme's figures from its start to a day. A median is that of the labs' values: between two, the middle. Companies count once, however
-- many labs have them.
CREATE OR REPLACE VIEW programme_figures_over SQL SECURITY DEFINER AS
SELECT indicator, segment,
       CAST(multiIf(over_labs = 'union', toDecimal128(united, 6),
                    over_labs = 'median', multiIf(empty(ordered), NULL, length(ordered) % 2 = 1, upper,
                                                  (ordered[intDiv(length(ordered), 2)] + upper) / 2),
                    over_labs = 'sum', added / scale,
                    added_below = 0, NULL,
                    added * if(unit = '%', 100, 1) / added_below), 'Nullable(Decimal(38, 6))') AS value,
       CAST(multiIf(over_labs = 'union', toDecimal128(united, 6), over_labs = 'median', NULL, added), 'Nullable(Decimal(38, 6))') AS numerator,
       CAST(if(over_labs = 'ratio', added_below, NULL), 'Nullable(Decimal(38, 6))') AS denominator,
       labs, over_labs, {as_of:Date} AS as_of
FROM (
    SELECT indicator, segment, unit, scale, over_labs, sum(numerator) AS added, sum(denominator) AS added_below, uniqExact(lab) AS labs,
           arraySort(groupArray(value)) AS ordered, ordered[intDiv(length(ordered), 2) + 1] AS upper, uniqExactMerge(together) AS united
    FROM {{programme_parts(as_of = {as_of:Date}, segments = {segments:Bool})}}
    GROUP BY indicator, segment, unit, scale, over_labs
);

CREATE OR REPLACE VIEW programme_figures_as_of SQL SECURITY DEFINER AS
SELECT * FROM {{programme_figures_over(as_of = {as_of:Date}, segments = true)}};

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
