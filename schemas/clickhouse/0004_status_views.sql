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

-- Each commitment with the days that it is measured over, as of a day. A periodic one is measured over
-- the period that the day lies in; `stop` never lies after the due date. One on an indicator that the
-- catalogue doesn't have stays visible, without a family and so without data.
CREATE OR REPLACE VIEW commitment_windows AS
SELECT c.lab AS lab, c.agreement AS agreement, c.number AS number, c.indicator AS indicator, c.segment AS segment,
       c.target AS target, c.baseline AS baseline, c.mode AS mode, c.every AS every, c.steps AS steps,
       c.from_date AS from_date, c.due_date AS due_date,
       least({as_of:Date}, c.due_date) AS stop,
       multiIf(c.mode = 'cumulative', c.from_date,
               c.every = 'month', greatest(c.from_date, toStartOfMonth(stop)),
               c.every = 'quarter', greatest(c.from_date, toStartOfQuarter(stop)),
               greatest(c.from_date, toStartOfYear(stop))) AS start,
       multiIf(c.mode = 'cumulative', c.due_date,
               c.every = 'month', least(c.due_date, toLastDayOfMonth(stop)),
               c.every = 'quarter', least(c.due_date, toLastDayOfMonth(addMonths(toStartOfQuarter(stop), 2))),
               least(c.due_date, addDays(addYears(toStartOfYear(stop), 1), -1))) AS finish,
       i.aggregation AS aggregation, i.window AS window, i.months AS months, i.first AS first, i.age AS age, i.counts AS counts, i.unit AS unit,
       if(i.scale = 0, toDecimal128(1, 6), i.scale) AS scale, i.direction AS direction,
       multiIf(i.aggregation IN ('last', 'stock'), 'level', i.repeat, 'repeat', i.window = 'rolling', 'rolling',
               i.window = 'cumulative', 'cumulative',
               i.first, 'first', i.aggregation = 'ratio', 'ratio', i.aggregation) AS family
FROM commitments AS c
LEFT JOIN (SELECT code, aggregation, window, months, first, repeat, age, counts, unit, scale, direction FROM indicators) AS i ON c.indicator = i.code;

-- What was done towards each commitment between since and stop, and what of it in the last 90 days: references
-- that were new in the window then. `items` is how much was ever said about it, `within` how much of that counts.
CREATE OR REPLACE VIEW commitment_actuals AS
SELECT lab, agreement, number,
       multiIf(family = 'level', if(age, toDecimal128(toUInt32(stop), 6) - level, level), -- an age is counted from its day
               family = 'repeat', toDecimal128(arrayCount(nth -> nth = 2, arrayEnumerateUniq(visitors)), 6),
               family = 'first', toDecimal128(refs_by_stop - refs_before, 6),
               added + toDecimal128(refs, 6) + highest) AS numerator,
       if(family = 'repeat', toDecimal128(arrayUniq(visitors), 6), added_below + toDecimal128(refs_below, 6)) AS denominator,
       items, within,
       if(family = 'first', toDecimal128(refs_by_stop - greatest(refs_before, refs_long_ago), 6),
          added_lately + toDecimal128(refs - refs_not_lately, 6)) AS trailing
FROM (
    SELECT lab, agreement, number, family, age, stop,
           sumIf(amount, inside AND fn = 'sum' AND part = 'numerator') AS added,
           sumIf(amount, inside AND fn = 'sum' AND part = 'denominator') AS added_below,
           sumIf(amount, inside AND fn = 'sum' AND part = 'numerator' AND day >= addDays(stop, -89)) AS added_lately,
           uniqExactIf(ref, inside AND fn = 'distinct' AND part = 'numerator') AS refs,
           uniqExactIf(ref, inside AND fn = 'distinct' AND part = 'denominator') AS refs_below,
           uniqExactIf(ref, inside AND fn = 'distinct' AND part = 'numerator' AND day <= addDays(stop, -90)) AS refs_not_lately,
           uniqExactIf(ref, family = 'first' AND day <= stop) AS refs_by_stop,
           uniqExactIf(ref, family = 'first' AND day < since) AS refs_before,
           uniqExactIf(ref, family = 'first' AND day <= addDays(stop, -90)) AS refs_long_ago,
           maxIf(amount, inside AND fn = 'max') AS highest,
           argMaxIf(amount, (at, seq, amount), inside AND fn = 'last') AS level,
           arrayMap(v -> v.1, groupUniqArrayIf((ref, toStartOfQuarter(day)),
               family = 'repeat' AND part = 'denominator' AND day <= stop AND toStartOfQuarter(day) >= since)) AS visitors,
           countIf(day <= stop) AS items, countIf(inside) AS within
    FROM (
        SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.family AS family, w.age AS age, w.stop AS stop,
               multiIf(w.family IN ('cumulative', 'level'), toDate('1970-01-01'), -- since the beginning
                       w.family IN ('rolling', 'repeat'), addMonths(toStartOfMonth(w.stop), 1 - w.months),
                       w.start) AS since,
               i.day BETWEEN since AND w.stop AS inside,
               i.fn AS fn, i.part AS part, i.ref AS ref, i.day AS day, i.amount AS amount, i.at AS at, i.seq AS seq
        FROM ( -- what is many stands on the left: the right side of a join is held in memory
            SELECT lab, indicator, segment, fn, part, ref, day, amount, at, seq FROM kpi_items
            WHERE fn != 'state' AND (lab, indicator, segment) IN (SELECT lab, indicator, segment FROM commitments)
        ) AS i
        INNER JOIN {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
            ON i.lab = w.lab AND i.indicator = w.indicator AND i.segment = w.segment
    )
    GROUP BY lab, agreement, number, family, age, stop
)
UNION ALL
-- What is active at the end of the window: each reference as its last event by then says. A segment that no
-- reference was ever active in has no data, as it has no figure.
SELECT lab, agreement, number,
       toDecimal128(if(any(counts) = '', countIf(has(active, segment)),
                       length(arrayDistinct(arrayFlatten(groupArray(arrayFilter(x -> startsWith(x, concat(counts, '=')), active)))))), 6),
       toDecimal128(0, 6), countIf(known), countIf(known), toDecimal128(0, 6)
FROM (
    SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.segment AS segment, w.counts AS counts, i.ref AS ref,
           argMax(i.segments, (i.at, i.seq)) AS active,
           w.segment = '' OR w.counts = '' AND has(groupUniqArrayArray(i.segments), w.segment) AS known
    FROM (
        SELECT lab, indicator, ref, at, seq, min(kpi_items.day) AS day, groupArrayIf(kpi_items.segment, amount = 1) AS segments
        FROM kpi_items
        WHERE fn = 'state' AND (lab, indicator) IN (SELECT lab, indicator FROM commitments)
        GROUP BY lab, indicator, ref, at, seq
    ) AS i
    INNER JOIN {{database}}.commitment_windows(as_of = {as_of:Date}) AS w ON i.lab = w.lab AND i.indicator = w.indicator
    WHERE w.family = 'level' AND i.day <= w.stop
    GROUP BY lab, agreement, number, segment, counts, ref
)
GROUP BY lab, agreement, number;

-- The line that a commitment should follow: from the baseline (or 0) on the eve of its first day, through its
-- steps, to the target on its last; a ratio should stand at its target throughout. The line stands at
-- expected_over ÷ expected_by: a fraction, so that nothing is lost before the last division.
CREATE OR REPLACE VIEW commitment_measures AS
SELECT
    lab, agreement, number, indicator, segment, mode, every, from_date, due_date, direction, aggregation, family, unit, target, baseline, actual, has_data, to_come,
    multiIf(course = 'none', toDecimal128(0, 6), course = 'target', target,
            behind.2 * dateDiff('day', behind.1, ahead.1) + (ahead.2 - behind.2) * dateDiff('day', behind.1, stop)) AS expected_over,
    if(course = 'line', dateDiff('day', behind.1, ahead.1), 1) AS expected_by
FROM (
    SELECT *, arrayFilter(p -> p.1 <= stop, line)[-1] AS behind, arrayFilter(p -> p.1 > stop, line)[1] AS ahead,
           multiIf({as_of:Date} < from_date, 'none', direction = 'cap' OR share AND baseline IS NULL OR stop = finish, 'target', 'line') AS course
    FROM (
        SELECT
            *,
            CAST(multiIf({as_of:Date} < from_date, NULL,
                         share AND denominator = 0, NULL,
                         share, divideDecimal(numerator * if(unit = '%', 100, 1), denominator, 6),
                         family IN ('level', 'max', '') AND within = 0, NULL,
                         divideDecimal(numerator, scale, 6)), 'Nullable(Decimal(38, 6))') AS actual,
            items > 0 AS has_data,
            arrayConcat([(toDate32(start) - 1, if(flows OR baseline IS NULL, toDecimal128(0, 6), assumeNotNull(baseline)))],
                        arrayMap(s -> (toDate32(s.1), s.2), steps), [(toDate32(finish), target)]) AS line,
            if(flows, divideDecimal(trailing * greatest(0, dateDiff('day', stop, finish)),
                                    scale * greatest(1, least(90, dateDiff('day', start, stop) + 1)), 6), 0) AS to_come
        FROM (
            SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.indicator AS indicator, w.segment AS segment, w.mode AS mode,
                   w.every AS every, w.aggregation AS aggregation, w.from_date AS from_date, w.due_date AS due_date, w.start AS start, w.stop AS stop, w.finish AS finish,
                   w.direction AS direction, w.family AS family, w.unit AS unit, w.scale AS scale,
                   w.target AS target, w.baseline AS baseline, w.steps AS steps,
                   w.family IN ('sum', 'distinct', 'first') AS flows, -- what flows is counted from 0, and goes on at its rate
                   w.family IN ('ratio', 'cumulative', 'rolling', 'repeat') AS share,
                   a.numerator AS numerator, a.denominator AS denominator, a.items AS items, a.within AS within, a.trailing AS trailing
            FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
            LEFT JOIN {{database}}.commitment_actuals(as_of = {as_of:Date}) AS a
                ON w.lab = a.lab AND w.agreement = a.agreement AND w.number = a.number
        )
    )
);

-- Quotients are cut at the sixth decimal, as figures are, and then rounded half away from 0.
CREATE OR REPLACE VIEW commitment_status_as_of AS
SELECT
    lab, indicator, segment, target, baseline, actual,
    CAST(if(actual IS NULL OR target = 0, NULL, round(divideDecimal(100 * actual, target, 6), 1)), 'Nullable(Decimal(38, 6))') AS percent,
    CAST(round(divideDecimal(expected_over, toDecimal128(expected_by, 6), 6), 2), 'Decimal(38, 6)') AS expected,
    pace,
    CAST(if(actual IS NULL, NULL, round(actual + to_come, 2)), 'Nullable(Decimal(38, 6))') AS projected,
    multiIf({as_of:Date} < from_date, 'not_started',
            (actual IS NULL OR NOT has_data) AND ({as_of:Date} <= due_date OR direction = 'cap' OR family = ''), 'no_data',
            actual IS NULL, 'missed',
            direction = 'cap', if(actual <= target, 'within', 'exceeded'),
            direction = 'down' AND actual <= target, 'achieved',
            direction != 'down' AND actual >= target, 'achieved',
            {as_of:Date} > due_date, 'missed',
            pace >= (SELECT toDecimal64(toString(value), 6) FROM status_rules FINAL WHERE rule = 'on_track'), 'on_track',
            pace >= (SELECT toDecimal64(toString(value), 6) FROM status_rules FINAL WHERE rule = 'at_risk'), 'at_risk',
            'late') AS status,
    {as_of:Date} AS as_of, agreement, mode, from_date, due_date, unit, number,
    CAST(NULL, 'Nullable(Decimal(38, 6))') AS projected_low, CAST(NULL, 'Nullable(Decimal(38, 6))') AS projected_high,
    CAST(NULL, 'Nullable(Decimal(38, 6))') AS needed_per_month, direction, aggregation, every
FROM (
    SELECT *, CAST(multiIf(actual IS NULL OR direction = 'cap', NULL,
                           direction = 'down' AND actual <= 0 OR direction != 'down' AND expected_over <= 0, 1,
                           direction = 'down', round(divideDecimal(target, actual, 6), 3),
                           round(divideDecimal(actual * expected_by, expected_over, 6), 3)), 'Nullable(Decimal(38, 6))') AS pace
    FROM {{database}}.commitment_measures(as_of = {as_of:Date})
);

CREATE OR REPLACE VIEW commitment_status AS
SELECT * FROM {{database}}.commitment_status_as_of(as_of = toDate(now('{{zone}}')));

-- One row per lab. Statuses are ranked from best to worst; those without a verdict don't count.
CREATE OR REPLACE VIEW lab_status_as_of AS
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
FROM labs AS l
LEFT JOIN (
    SELECT lab, count() AS commitments,
           countIf(rank_of > 0) AS judged, max(rank_of) AS worst, avgIf(rank_of, rank_of > 0) AS mean,
           countIf(status IN ('achieved', 'within')) AS achieved, countIf(status = 'on_track') AS on_track, countIf(status = 'at_risk') AS at_risk,
           countIf(status = 'late') AS late, countIf(status IN ('missed', 'exceeded')) AS missed,
           countIf(status = 'no_data') AS no_data, countIf(status = 'not_started') AS not_started
    FROM (
        SELECT lab, status,
               transform(status, ['achieved', 'within', 'on_track', 'at_risk', 'late', 'missed', 'exceeded'], [1, 1, 2, 3, 4, 5, 5], 0) AS rank_of
        FROM {{database}}.commitment_status_as_of(as_of = {as_of:Date})
    )
    GROUP BY lab
) AS s ON l.lab = s.lab
LEFT JOIN (
    SELECT lab, max(occurred_at) AS last_event, max(local_day) AS last_day, count() AS events
    FROM event_store FINAL
    WHERE NOT superseded AND NOT retracted
      AND kind NOT IN ('lab.registered', 'agreement.signed', 'period.submitted', 'period.approved', 'period.reopened')
      AND local_day <= {as_of:Date}
    GROUP BY lab
) AS e ON l.lab = e.lab
LEFT JOIN (
    SELECT lab, countIf(submitted = 0) AS overdue
    FROM (
        SELECT d.lab AS lab, d.period AS period, countIf(s.period != '') AS submitted
        FROM (
            SELECT lab, JSONExtractString(r, 'period') AS period, toDate(JSONExtractString(r, 'due')) AS due
            FROM agreements ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
        ) AS d
        LEFT JOIN (SELECT lab, segments['period'] AS period FROM events WHERE kind IN ('period.submitted', 'period.approved') AND local_day <= {as_of:Date}) AS s ON d.lab = s.lab AND d.period = s.period
        WHERE d.due < {as_of:Date}
        GROUP BY lab, period
    )
    GROUP BY lab
) AS p ON l.lab = p.lab;

CREATE OR REPLACE VIEW lab_status AS
SELECT * FROM {{database}}.lab_status_as_of(as_of = toDate(now('{{zone}}')));
