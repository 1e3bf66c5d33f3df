-- What the statuses turn on; a programme changes them with an INSERT of a higher version.
CREATE TABLE IF NOT EXISTS status_rules
(
    rule    String COMMENT 'on_track or at_risk: the lowest pace that still counts as such',
    value   Float64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY rule;

INSERT INTO status_rules SELECT rule, value, 0 FROM values('rule String, value Float64', ('on_track', 0.9), ('at_risk', 0.7))
WHERE rule NOT IN (SELECT rule FROM status_rules);

-- What these views were made of before they were one: a view within a view is planned anew at each level.
DROP VIEW IF EXISTS commitment_measures;

DROP VIEW IF EXISTS commitment_actuals;

DROP VIEW IF EXISTS commitment_windows;

-- How commitments stand as of each of some days; lab '' is all labs. docs/statuses.md has the rules. Each level of it costs
-- milliseconds before anything is read, as does each column that is handed on: what was said is kept in arrays, one row per
-- commitment and day.
CREATE OR REPLACE VIEW commitment_status_over SQL SECURITY DEFINER AS
-- Quotients are cut at the sixth decimal, as figures are, and then rounded half away from 0.
SELECT
    lab, indicator, segment, target, baseline, actual,
    CAST(if(actual IS NULL OR target = 0, NULL, round(100 * actual / target, 1)), 'Nullable(Decimal(38, 6))') AS percent,
    CAST(round(expected_at.1 / expected_at.2, 2), 'Decimal(38, 6)') AS expected,
    expected_at.3 AS pace,
    CAST(if(actual IS NULL, NULL, round(actual + to_come, 2)), 'Nullable(Decimal(38, 6))') AS projected,
    multiIf(as_of < from_date, 'not_started',
            (actual IS NULL OR items = 0) AND (as_of <= due_date OR direction = 'cap' OR family = ''), 'no_data',
            actual IS NULL, 'missed',
            direction = 'cap', if(actual <= target, 'within', 'exceeded'),
            direction = 'down' AND actual <= target, 'achieved',
            direction != 'down' AND actual >= target, 'achieved',
            as_of > due_date, 'missed',
            pace >= least_pace[1], 'on_track',
            pace >= least_pace[2], 'at_risk',
            'late') AS status,
    as_of, agreement, mode, from_date, due_date, unit, number,
    CAST(if(actual IS NULL OR NOT ranges, NULL, round(actual + arrayMin(thirds), 2)), 'Nullable(Decimal(38, 6))') AS projected_low,
    CAST(if(actual IS NULL OR NOT ranges, NULL, round(actual + arrayMax(thirds), 2)), 'Nullable(Decimal(38, 6))') AS projected_high,
    -- A month is 30.4375 days, 487 sixteenths of a day; in the last one, all that is missing.
    CAST(multiIf(direction != 'up' OR NOT (flows OR family = 'level'), NULL, missing <= 0, 0, days_left = 0, NULL,
                 round(if(16 * days_left > 487, missing * 487 / (16 * days_left), missing), 2)), 'Nullable(Decimal(38, 6))') AS needed_per_month,
    direction, aggregation, every
FROM (
    -- The line that a commitment should follow: from the baseline (or 0) on the eve of its first day, through its
    -- steps, to the target on its last. A cap, and without a baseline a ratio and what should be less, should stand at
    -- the target throughout. The line stands at expected_at.1 ÷ expected_at.2: a fraction, so that nothing is lost before
    -- the last division. The rates of what flows, by the day: of all that was done lately, and of its slowest and fastest third.
    SELECT
        lab, agreement, number, as_of, indicator, segment, mode, every, from_date, due_date, direction, aggregation, family, unit,
        target, flows, items, actual, days_left, thirds, to_come, ranges,
        target - ifNull(actual, if(flows, 0, ifNull(baseline, 0))) AS missing, baseline,
        -- (A lambda's arguments are worked out once; an alias stands for its expression wherever it is used.)
        arrayMap(e -> (e.1, e.2, CAST(multiIf(actual IS NULL OR direction = 'cap', NULL,
                                              direction = 'down' AND actual <= 0 OR direction != 'down' AND e.1 <= 0, 1,
                                              direction = 'down', round(e.1 / (actual * e.2), 3),
                                              round(actual * e.2 / e.1, 3)), 'Nullable(Decimal(38, 6))')),
            arrayMap((course, behind, ahead) -> (
                    multiIf(course = 'none', toDecimal128(0, 6), course = 'target', target,
                            behind.2 * dateDiff('day', behind.1, ahead.1) + (ahead.2 - behind.2) * dateDiff('day', behind.1, stop)),
                    if(course = 'line', dateDiff('day', behind.1, ahead.1), 1)),
                [multiIf(as_of < from_date, 'none', direction = 'cap' OR (share OR direction = 'down') AND baseline IS NULL OR stop = finish, 'target', 'line')],
                [arrayFilter(p -> p.1 <= stop, line)[-1]], [arrayFilter(p -> p.1 > stop, line)[1]]))[1] AS expected_at,
        (SELECT [maxOrNullIf(toDecimal64(toString(value), 6), rule = 'on_track'), maxOrNullIf(toDecimal64(toString(value), 6), rule = 'at_risk')]
         FROM status_rules FINAL) AS least_pace
    FROM (
        SELECT
            lab, agreement, number, as_of, indicator, segment, mode, every, from_date, due_date, start, stop, finish, steps, direction, aggregation, family, unit,
            target, baseline, flows, share,
            multiIf(family = 'level' AND turns = 0, if(age, toDecimal128(toUInt32(stop), 6) - level, level), -- an age is counted from its day
                    family = 'level', toDecimal128(if(counts = '', countEqual(active, segment),
                        arrayUniq(arrayFilter(x -> startsWith(x, concat(counts, '=')), active))), 6),
                    family = 'repeat', toDecimal128(arrayCount(nth -> nth = 2, arrayEnumerateUniq(visitors)), 6),
                    done[1] + highest) AS numerator,
            if(family = 'repeat', toDecimal128(arrayUniq(visitors), 6), below) AS denominator,
            -- How much was ever said about it, and how much of that counts. A segment that no reference was ever active in has
            -- no data, as it has no figure.
            if(turns = 0, said, if(segment = '' OR counts = '' AND has(ever_active, segment), turns, 0)) AS items,
            if(turns = 0, said_within, items) AS within,
            CAST(multiIf(as_of < from_date, NULL,
                         share AND denominator = 0, NULL,
                         share, numerator * if(unit = '%', 100, 1) / denominator,
                         family IN ('level', 'max', '') AND within = 0, NULL,
                         numerator / scale), 'Nullable(Decimal(38, 6))') AS actual,
            greatest(0, dateDiff('day', greatest(stop, toDate(start - 1)), finish)) AS days_left,
            -- What the days left bring if all goes on as in the last 90 days, as in their slowest third, as in their fastest.
            if(flows, (done[1] - done[4]) * days_left / (scale * greatest(1, lately)), 0) AS to_come,
            arrayMap((more, days) -> more * days_left / (scale * greatest(1, days)),
                     [done[1] - done[2], done[2] - done[3], done[3] - done[4]],
                     [intDiv(lately, 3), intDiv(2 * lately, 3) - intDiv(lately, 3), lately - intDiv(2 * lately, 3)]) AS thirds,
            flows AND (lately >= 30 OR days_left = 0) AS ranges,
            arrayConcat([(toDate32(start) - 1, if(flows OR baseline IS NULL, toDecimal128(0, 6), assumeNotNull(baseline)))],
                        arrayMap(s -> (toDate32(s.1), s.2), steps), [(toDate32(finish), target)]) AS line
        FROM (
            -- Each commitment's window with what was done in it: `done` by its end, and by the end of each third of the last 90
            -- days (or of the window's days if they are fewer), the newest first, and on the eve of them. What counts when
            -- first seen has to be looked for before the window, too.
            SELECT
                w.lab AS lab, w.agreement AS agreement, w.number AS number, w.as_of AS as_of, w.indicator AS indicator, w.segment AS segment,
                w.mode AS mode, w.every AS every, w.from_date AS from_date, w.due_date AS due_date, w.start AS start, w.stop AS stop, w.finish AS finish,
                w.steps AS steps, w.direction AS direction, w.aggregation AS aggregation, w.family AS family, w.unit AS unit, w.target AS target,
                w.baseline AS baseline, w.age AS age, w.counts AS counts, w.scale AS scale,
                w.flows AS flows, w.share AS share, w.lately AS lately, w.since AS since,
                arrayFilter(s -> s.2 <= stop, i.sums) AS sums,
                arrayFilter(r -> r.2 <= stop, i.refs) AS refs,
                arrayFilter(l -> l.1 <= stop AND l.5 = segment, i.lasts) AS lasts,
                arrayFilter(m -> m.1 <= stop, i.highs) AS highs,
                arraySort(t -> (t.1, t.2, t.3), arrayFilter(t -> aggregation = 'stock' AND t.4 <= stop, i.states)) AS states,
                arrayFilter(s -> s.1 = 'numerator' AND s.2 >= since, sums) AS adds,
                arrayFilter(r -> r.1 = 'numerator' AND (r.2 >= since OR family = 'first'), refs) AS refers,
                arrayUniq(arrayFilter(r -> r.2 < since, refers).3) AS refs_before,
                arrayMap(day -> arraySum(arrayMap(s -> if(s.2 <= day, s.3, toDecimal128(0, 6)), adds))
                                + toDecimal128(greatest(arrayUniq(arrayFilter(r -> r.2 <= day, refers).3), refs_before) - refs_before, 6),
                         [stop, stop - intDiv(lately, 3), stop - intDiv(2 * lately, 3), stop - lately]) AS done,
                arraySum(arrayMap(s -> if(s.1 = 'denominator' AND s.2 >= since, s.3, toDecimal128(0, 6)), sums))
                    + toDecimal128(arrayUniq(arrayFilter(r -> r.1 = 'denominator' AND r.2 >= since, refs).3), 6) AS below,
                arraySort(arrayFilter(m -> m.1 >= since, highs).2)[-1] AS highest,
                arraySort(l -> (l.2, l.3, l.4), arrayFilter(l -> l.1 >= since, lasts))[-1].4 AS level,
                arrayDistinct(arrayMap(r -> (r.3, toStartOfQuarter(r.2)), arrayFilter(r -> family = 'repeat' AND r.1 = 'denominator' AND toStartOfQuarter(r.2) >= since,
                    arrayConcat(refs, arrayMap(s -> (s.1, s.2, ''), sums))))).1 AS visitors,
                length(sums) + length(refs) + length(lasts) + length(highs) AS said,
                arrayCount(s -> s.2 >= since, sums) + arrayCount(r -> r.2 >= since, refs) + arrayCount(l -> l.1 >= since, lasts) + arrayCount(m -> m.1 >= since, highs) AS said_within,
                arrayUniq(states.1, states.2, states.3) AS turns,
                arrayFilter(t -> t.6, states).5 AS ever_active,
                -- Each reference is as its last event by then says.
                arrayFilter((t, last_at, last_seq) -> t.6 AND t.2 = last_at AND t.3 = last_seq, states,
                            arrayReverseFill((at, ends) -> ends, states.2, arrayMap((ref, next) -> ref != next, states.1, arraySlice(arrayPushBack(states.1, ''), 2))),
                            arrayReverseFill((seq, ends) -> ends, states.3, arrayMap((ref, next) -> ref != next, states.1, arraySlice(arrayPushBack(states.1, ''), 2)))).5 AS active
            FROM (
                SELECT *,
                       family IN ('sum', 'distinct', 'first') AS flows, -- what flows is counted from 0, and goes on at its rate
                       family IN ('ratio', 'cumulative', 'rolling', 'repeat') AS share,
                       greatest(0, least(90, dateDiff('day', start, stop) + 1)) AS lately,
                       multiIf(family IN ('cumulative', 'level'), toDate('1970-01-01'), -- since the beginning
                               family IN ('rolling', 'repeat'), addMonths(toStartOfMonth(stop), 1 - months),
                               start) AS since
                FROM (
                    -- Each commitment with the days that it is measured over, as of each of some days. A periodic one is measured over
                    -- the period that the day lies in, before its first day the first one; `stop` never lies after the due date. One on
                    -- an indicator that the catalogue doesn't have stays visible, without a family and so without data.
                    -- (The ifNulls, because an unmatched row's columns are NULL or zero as the reader's settings have it.)
                    SELECT c.lab AS lab, c.agreement AS agreement, c.number AS number, c.indicator AS indicator, c.segment AS segment,
                           c.target AS target, c.baseline AS baseline, c.mode AS mode, c.every AS every, c.steps AS steps,
                           c.from_date AS from_date, c.due_date AS due_date, as_of,
                           ifNull(k.aggregation, '') AS aggregation, ifNull(k.months, 0) AS months, ifNull(k.age, false) AS age, ifNull(k.counts, '') AS counts,
                           ifNull(k.unit, '') AS unit, ifNull(k.direction, '') AS direction, ifNull(k.scale, toDecimal128(1, 6)) AS scale, ifNull(k.family, '') AS family,
                           least(as_of, due_date) AS stop, least(greatest(as_of, from_date), due_date) AS looked,
                           multiIf(mode = 'cumulative', from_date,
                                   every = 'month', greatest(from_date, toStartOfMonth(looked)),
                                   every = 'quarter', greatest(from_date, toStartOfQuarter(looked)),
                                   greatest(from_date, toStartOfYear(looked))) AS start,
                           multiIf(mode = 'cumulative', due_date,
                                   every = 'month', least(due_date, toLastDayOfMonth(looked)),
                                   every = 'quarter', least(due_date, toLastDayOfMonth(addMonths(toStartOfQuarter(looked), 2))),
                                   least(due_date, addDays(addYears(toStartOfYear(looked), 1), -1))) AS finish
                    FROM {{commitments}} AS c
                    ARRAY JOIN {days:Array(Date)} AS as_of
                    LEFT JOIN (
                        SELECT code, aggregation, months, age, counts, unit, scale, direction,
                               multiIf(aggregation IN ('last', 'stock'), 'level', repeat, 'repeat', window = 'rolling', 'rolling',
                                       window = 'cumulative', 'cumulative', first, 'first', aggregation) AS family -- else 'sum', 'distinct', 'ratio' or 'max'
                        FROM indicator_store FINAL
                    ) AS k ON c.indicator = k.code
                    WHERE {lab:String} = '' OR c.lab = {lab:String}
                )
            ) AS w
            LEFT JOIN (
                -- What was ever said about what is promised, by segments; but what says a level, together: an event about a reference's state
                -- counts in all segments. Of a level nothing else is said (consumers/rollup, fnOf). More is taken than is promised, since what some
                -- lab promised is taken of all labs, and segments for themselves, while names are still numbers: with the lab, or with both
                -- together, this condition takes longer than reading does. The join picks.
                SELECT lab, CAST(name, 'String') AS indicator, if(fn IN ('last', 'state'), '', CAST(part_of, 'String')) AS slice,
                       groupArrayIf((part, day, amount), fn = 'sum') AS sums, groupArrayIf((part, day, ref), fn = 'distinct') AS refs,
                       groupArrayIf((day, at, seq, amount, CAST(part_of, 'String')), fn = 'last') AS lasts, groupArrayIf((day, amount), fn = 'max') AS highs,
                       groupArrayIf((ref, at, seq, day, CAST(part_of, 'String'), amount = 1), fn = 'state') AS states
                FROM {{kpi_contributions}}
                WHERE ({lab:String} = '' OR lab = {lab:String})
                  AND name IN (SELECT indicator FROM {{commitments}} WHERE {lab:String} = '' OR lab = {lab:String})
                  AND (fn = 'state' OR part_of IN (SELECT segment FROM {{commitments}} WHERE {lab:String} = '' OR lab = {lab:String}))
                GROUP BY lab, indicator, slice
            ) AS i ON w.lab = i.lab AND w.indicator = i.indicator AND if(w.aggregation IN ('last', 'stock'), '', w.segment) = i.slice
        )
    )
);

CREATE OR REPLACE VIEW commitment_status_as_of SQL SECURITY DEFINER AS
SELECT * FROM {{commitment_status_over(days = [{as_of:Date}], lab = '')}};

CREATE OR REPLACE VIEW commitment_status SQL SECURITY DEFINER AS
SELECT * FROM {{commitment_status_over(days = [{{today}}], lab = '')}};

-- When a lab's own events happened, of all labs or of one; '' is all.
CREATE OR REPLACE VIEW lab_events_over SQL SECURITY DEFINER AS
SELECT lab, max(occurred_at) AS last_event, max(local_day) AS last_day, count() AS events
FROM (
    SELECT lab, kind, local_day, occurred_at
    FROM event_store FINAL
    WHERE {lab:String} = '' AND NOT superseded AND NOT retracted
    UNION ALL
    -- The events of one lab lie together among the versions; event_store lies by day.
    SELECT lab, latest.4, latest.5, latest.6
    FROM (
        SELECT lab, id, max(tuple(revision, stream_seq, retracted, kind, local_day, occurred_at)) AS latest
        FROM event_versions
        WHERE {lab:String} != '' AND lab = {lab:String}
        GROUP BY lab, id
    )
    WHERE NOT latest.3
)
WHERE kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
  AND local_day <= {as_of:Date}
GROUP BY lab;

-- How many periods lie past their due day without a report, of all labs or of one; '' is all.
CREATE OR REPLACE VIEW lab_overdue_over SQL SECURITY DEFINER AS
SELECT lab, countIf(submitted = 0) AS overdue
FROM (
    SELECT d.lab AS lab, d.period AS period, countIf(s.period != '') AS submitted
    FROM (
        SELECT lab, JSONExtractString(r, 'period') AS period, toDate(JSONExtractString(r, 'due')) AS due
        FROM {{agreements}} ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
        WHERE {lab:String} = '' OR lab = {lab:String}
    ) AS d
    LEFT JOIN (
        SELECT lab, segments['period'] AS period FROM event_store FINAL PREWHERE kind IN ('period.submitted', 'period.approved') AND ({lab:String} = '' OR lab = {lab:String})
        WHERE NOT superseded AND NOT retracted AND toDate(occurred_at, '{{zone}}') <= {as_of:Date}
    ) AS s ON d.lab = s.lab AND d.period = s.period
    WHERE d.due < {as_of:Date}
    GROUP BY lab, period
)
GROUP BY lab;

-- What each lab shows beside its commitments, or the one of a lab; '' is all.
CREATE OR REPLACE VIEW lab_signs_over SQL SECURITY DEFINER AS
SELECT
    l.lab AS lab, l.name AS name, l.commune AS commune, l.region AS region, l.latitude AS latitude, l.longitude AS longitude,
    if(e.events = 0, NULL, e.last_event) AS last_event,
    if(e.events = 0, NULL, dateDiff('day', e.last_day, {as_of:Date})) AS silent_days,
    e.events AS events,
    p.overdue AS overdue_periods
FROM {{labs}} AS l
LEFT JOIN {{lab_events_over(as_of = {as_of:Date}, lab = {lab:String})}} AS e ON l.lab = e.lab
LEFT JOIN {{lab_overdue_over(as_of = {as_of:Date}, lab = {lab:String})}} AS p ON l.lab = p.lab
WHERE {lab:String} = '' OR l.lab = {lab:String};

-- One row per lab. Statuses are ranked from best to worst; those without a verdict don't count. (consumers/clickhouse's Judge does the same
-- with commitments that were read already. This doesn't read lab_signs_over: the engine (26.7.2) mixes up the names of columns where somebody
-- joins what joins a join.)
CREATE OR REPLACE VIEW lab_status_as_of SQL SECURITY DEFINER AS
SELECT
    l.lab AS lab, l.name AS name, l.commune AS commune, l.region AS region,
    multiIf(s.commitments = 0, 'no_data', s.judged = 0, if(s.not_started = s.commitments, 'not_started', 'no_data'),
            ['achieved', 'on_track', 'at_risk', 'late', 'missed'][s.worst]) AS worst_status,
    multiIf(s.commitments = 0, 'no_data', s.judged = 0, if(s.not_started = s.commitments, 'not_started', 'no_data'),
            ['achieved', 'on_track', 'at_risk', 'late', 'missed'][toUInt8(floor(s.mean + 0.5))]) AS mean_status,
    s.commitments AS commitments, s.achieved AS achieved, s.on_track AS on_track, s.at_risk AS at_risk, s.late AS late,
    s.missed AS missed, s.no_data AS no_data, s.not_started AS not_started,
    if(e.events = 0, NULL, e.last_event) AS last_event,
    if(e.events = 0, NULL, dateDiff('day', e.last_day, {as_of:Date})) AS silent_days,
    e.events AS events,
    p.overdue AS overdue_periods,
    {as_of:Date} AS as_of
FROM {{labs}} AS l
LEFT JOIN (
    SELECT lab, count() AS commitments,
           countIf(rank_of > 0) AS judged, max(rank_of) AS worst, avgIf(rank_of, rank_of > 0) AS mean,
           countIf(status IN ('achieved', 'within')) AS achieved, countIf(status = 'on_track') AS on_track, countIf(status = 'at_risk') AS at_risk,
           countIf(status = 'late') AS late, countIf(status IN ('missed', 'exceeded')) AS missed,
           countIf(status = 'no_data') AS no_data, countIf(status = 'not_started') AS not_started
    FROM (
        SELECT lab, status,
               transform(status, ['achieved', 'within', 'on_track', 'at_risk', 'late', 'missed', 'exceeded'], [1, 1, 2, 3, 4, 5, 5], 0) AS rank_of
        FROM {{commitment_status_over(days = [{as_of:Date}], lab = '')}}
    )
    GROUP BY lab
) AS s ON l.lab = s.lab
LEFT JOIN {{lab_events_over(as_of = {as_of:Date}, lab = '')}} AS e ON l.lab = e.lab
LEFT JOIN {{lab_overdue_over(as_of = {as_of:Date}, lab = '')}} AS p ON l.lab = p.lab;

CREATE OR REPLACE VIEW lab_status SQL SECURITY DEFINER AS
SELECT * FROM {{lab_status_as_of(as_of = {{today}})}};
