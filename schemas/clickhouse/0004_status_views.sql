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

-- How commitments stand as of each of some days; lab '' is all labs. docs/statuses.md has the rules.
CREATE OR REPLACE VIEW commitment_status_over SQL SECURITY DEFINER AS
WITH
-- Each commitment with the days that it is measured over, as of each of some days. A periodic one is measured over
-- the period that the day lies in, before its first day the first one; `stop` never lies after the due date. One on
-- an indicator that the catalogue doesn't have stays visible, without a family and so without data. lab '' is all labs.
-- (The ifNulls here and below, because an unmatched row's columns are NULL or zero as the reader's settings have it.)
windows AS (
    SELECT *,
           multiIf(family IN ('cumulative', 'level'), toDate('1970-01-01'), -- since the beginning
                   family IN ('rolling', 'repeat'), addMonths(toStartOfMonth(stop), 1 - months),
                   start) AS since,
           -- What was done lately is told by thirds of the last 90 days, or of the window's days if they are fewer: the
           -- days on which each ends, the newest first, and the eve of them.
           stop - intDiv(lately, 3) AS second_third, stop - intDiv(2 * lately, 3) AS first_third, stop - lately AS before_lately
    FROM (
        SELECT *, greatest(0, least(90, dateDiff('day', start, stop) + 1)) AS lately,
               family IN ('sum', 'distinct', 'first') AS flows, -- what flows is counted from 0, and goes on at its rate
               family IN ('ratio', 'cumulative', 'rolling', 'repeat') AS share
        FROM (
            SELECT *,
                   multiIf(mode = 'cumulative', from_date,
                           every = 'month', greatest(from_date, toStartOfMonth(looked)),
                           every = 'quarter', greatest(from_date, toStartOfQuarter(looked)),
                           greatest(from_date, toStartOfYear(looked))) AS start,
                   multiIf(mode = 'cumulative', due_date,
                           every = 'month', least(due_date, toLastDayOfMonth(looked)),
                           every = 'quarter', least(due_date, toLastDayOfMonth(addMonths(toStartOfQuarter(looked), 2))),
                           least(due_date, addDays(addYears(toStartOfYear(looked), 1), -1))) AS finish
            FROM (
                SELECT c.lab AS lab, c.agreement AS agreement, c.number AS number, c.indicator AS indicator, c.segment AS segment,
                       c.target AS target, c.baseline AS baseline, c.mode AS mode, c.every AS every, c.steps AS steps,
                       c.from_date AS from_date, c.due_date AS due_date, c.as_of AS as_of,
                       least(c.as_of, c.due_date) AS stop, least(greatest(c.as_of, c.from_date), c.due_date) AS looked,
                       ifNull(i.aggregation, '') AS aggregation, ifNull(i.months, 0) AS months, ifNull(i.age, false) AS age, ifNull(i.counts, '') AS counts,
                       ifNull(i.unit, '') AS unit, ifNull(i.direction, '') AS direction, ifNull(i.scale, toDecimal128(1, 6)) AS scale, ifNull(i.family, '') AS family
                FROM (
                    SELECT lab, agreement, number, indicator, segment, target, baseline, mode, every, steps, from_date, due_date, arrayJoin({days:Array(Date)}) AS as_of
                    FROM {{commitments}} WHERE {lab:String} = '' OR lab = {lab:String}
                ) AS c
                LEFT JOIN (
                    SELECT code, aggregation, months, age, counts, unit, scale, direction,
                           multiIf(aggregation IN ('last', 'stock'), 'level', repeat, 'repeat', window = 'rolling', 'rolling',
                                   window = 'cumulative', 'cumulative', first, 'first', aggregation) AS family -- else 'sum', 'distinct', 'ratio' or 'max'
                    FROM indicator_store FINAL
                ) AS i ON c.indicator = i.code
            )
        )
    )
),
-- What was ever said about what is promised, by day; of what is active or not, by event. `place` is the segment that it
-- counts in; an event about a reference's state counts in all, and `active` are those that it is active in from then on.
items AS (
    SELECT lab, indicator, if(fn = 'state', 'state', segment) AS place, fn, part, ref, min(kpi_items.day) AS day,
           if(fn = 'state', at, toDateTime64(0, 3, 'UTC')) AS turn_at, if(fn = 'state', seq, 0) AS turn_seq, if(fn = 'state', toDate(0), kpi_items.day) AS on_day,
           sum(amount) AS total, max(amount) AS highest, max((at, seq, amount)) AS newest, groupArrayIf(segment, fn = 'state' AND amount = 1) AS active,
           count() AS items
    FROM {{kpi_items}} AS kpi_items
    WHERE ({lab:String} = '' OR lab = {lab:String})
      AND (lab, indicator, if(fn = 'state', 'state', segment)) IN (SELECT lab, indicator, arrayJoin([segment, 'state']) FROM {{commitments}} WHERE {lab:String} = '' OR lab = {lab:String})
    GROUP BY lab, indicator, place, fn, part, ref, turn_at, turn_seq, on_day
),
-- Each commitment's window with what was done in it: `done` by its end, and by the end of each third of the last 90 days,
-- the newest first, and on the eve of them. `items` is how much was ever said about it, `within` how much of that counts.
actuals AS (
    SELECT *,
           arrayMap((sum, n) -> sum + toDecimal128(if(family = 'first', greatest(n, refs_before) - refs_before, n), 6), added_by, refs_by) AS done,
           multiIf(family = 'level' AND turns = [], if(age, toDecimal128(toUInt32(stop), 6) - level, level), -- an age is counted from its day
                   family = 'level', toDecimal128(if(counts = '', countEqual(arrayFlatten(active), segment),
                       length(arrayDistinct(arrayFilter(x -> startsWith(x, concat(counts, '=')), arrayFlatten(active))))), 6),
                   family = 'repeat', toDecimal128(arrayCount(nth -> nth = 2, arrayEnumerateUniq(visitors)), 6),
                   done[1] + highest) AS numerator,
           if(family = 'repeat', toDecimal128(arrayUniq(visitors), 6), added_below + toDecimal128(refs_below, 6)) AS denominator,
           -- A segment that no reference was ever active in has no data, as it has no figure.
           if(turns = [], said, if(segment = '' OR counts = '' AND has(arrayFlatten(turns.4), segment), length(turns), 0)) AS items,
           if(turns = [], said_within, items) AS within
    FROM (
        SELECT *,
               -- Each reference is as its last event by then says.
               arraySort(t -> (t.1, t.2, t.3), states) AS turns,
               arrayMap(t -> t.4, arrayFilter((t, next) -> t.1 != next, turns, arraySlice(arrayPushBack(turns.1, ''), 2))) AS active
        FROM (
            SELECT lab, agreement, number, as_of,
                   any(r.indicator) AS indicator, any(r.segment) AS segment, any(r.target) AS target, any(r.baseline) AS baseline, any(r.mode) AS mode,
                   any(r.every) AS every, any(r.steps) AS steps, any(r.from_date) AS from_date, any(r.due_date) AS due_date, any(r.start) AS start,
                   any(r.stop) AS stop, any(r.finish) AS finish, any(r.aggregation) AS aggregation, any(r.age) AS age, any(r.counts) AS counts,
                   any(r.unit) AS unit, any(r.scale) AS scale, any(r.direction) AS direction, any(r.family) AS family, any(r.flows) AS flows, any(r.share) AS share,
                   any(r.lately) AS lately,
                   -- What had been done by the end of the window, by the end of each third before, and on the eve of them.
                   [sumIf(r.total, r.adds), sumIf(r.total, r.adds AND r.passed > 0), sumIf(r.total, r.adds AND r.passed > 1), sumIf(r.total, r.adds AND r.passed > 2)] AS added_by,
                   [uniqExactIf(r.ref, r.refers), uniqExactIf(r.ref, r.refers AND r.passed > 0), uniqExactIf(r.ref, r.refers AND r.passed > 1),
                       uniqExactIf(r.ref, r.refers AND r.passed > 2)] AS refs_by,
                   uniqExactIf(r.ref, r.refers AND NOT r.inside) AS refs_before,
                   sumIf(r.total, r.adds_below) AS added_below, uniqExactIf(r.ref, r.refers_below) AS refs_below,
                   maxIf(r.highest, r.tops) AS highest, maxIf(r.newest, r.lasts).3 AS level,
                   groupUniqArrayIf((r.ref, r.quarter), r.visits).1 AS visitors,
                   groupArrayIf((r.ref, r.turn_at, r.turn_seq, r.active), r.turns) AS states,
                   sumIf(r.items, r.says) AS said, sumIf(r.items, r.says AND r.inside) AS said_within
            FROM (
                SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.as_of AS as_of, w.indicator AS indicator, w.segment AS segment,
                       w.target AS target, w.baseline AS baseline, w.mode AS mode, w.every AS every, w.steps AS steps, w.from_date AS from_date, w.due_date AS due_date,
                       w.start AS start, w.stop AS stop, w.finish AS finish, w.aggregation AS aggregation, w.age AS age, w.counts AS counts,
                       w.unit AS unit, w.scale AS scale, w.direction AS direction, w.family AS family, w.flows AS flows, w.share AS share, w.lately AS lately,
                       i.ref AS ref, i.total AS total, i.highest AS highest, i.newest AS newest, i.turn_at AS turn_at, i.turn_seq AS turn_seq, i.active AS active,
                       i.items AS items, toStartOfQuarter(i.day) AS quarter,
                       (i.day <= w.second_third) + (i.day <= w.first_third) + (i.day <= w.before_lately) AS passed, -- how many thirds have begun since
                       ifNull(i.items, 0) > 0 AND i.day <= w.stop AS known, known AND i.day >= w.since AS inside,
                       inside AND i.fn = 'sum' AND i.part = 'numerator' AS adds, inside AND i.fn = 'sum' AND i.part = 'denominator' AS adds_below,
                       -- What counts when first seen has to be looked for before the window, too.
                       (inside OR known AND family = 'first') AND i.fn = 'distinct' AND i.part = 'numerator' AS refers,
                       inside AND i.fn = 'distinct' AND i.part = 'denominator' AS refers_below,
                       inside AND i.fn = 'max' AS tops, inside AND i.fn = 'last' AS lasts, known AND i.fn = 'state' AS turns, known AND i.fn != 'state' AS says,
                       known AND family = 'repeat' AND i.part = 'denominator' AND quarter >= w.since AS visits
                FROM items AS i -- what is many stands on the left: the right side of a join is held in memory
                RIGHT JOIN (
                    SELECT *, arrayJoin(if(aggregation = 'stock', [segment, 'state'], [segment])) AS place
                    FROM windows
                ) AS w ON i.lab = w.lab AND i.indicator = w.indicator AND i.place = w.place
            ) AS r
            GROUP BY lab, agreement, number, as_of
        )
    )
),
-- The line that a commitment should follow: from the baseline (or 0) on the eve of its first day, through its
-- steps, to the target on its last. A cap, and without a baseline a ratio and what should be less, should stand at
-- the target throughout. The line stands at expected_over ÷ expected_by: a fraction, so that nothing is lost before
-- the last division. The rates of what flows, by the day: of all that was done lately, and of its slowest and fastest third.
measures AS (
    SELECT *,
        multiIf(course = 'none', toDecimal128(0, 6), course = 'target', target,
                behind.2 * dateDiff('day', behind.1, ahead.1) + (ahead.2 - behind.2) * dateDiff('day', behind.1, stop)) AS expected_over,
        if(course = 'line', dateDiff('day', behind.1, ahead.1), 1) AS expected_by
    FROM (
        SELECT *, arrayFilter(p -> p.1 <= stop, line)[-1] AS behind, arrayFilter(p -> p.1 > stop, line)[1] AS ahead,
               multiIf(as_of < from_date, 'none', direction = 'cap' OR (share OR direction = 'down') AND baseline IS NULL OR stop = finish, 'target', 'line') AS course
        FROM (
            SELECT
                lab, agreement, number, as_of, indicator, segment, mode, every, from_date, due_date, stop, finish, direction, aggregation, family, unit,
                target, baseline, flows, share,
                CAST(multiIf(as_of < from_date, NULL,
                             share AND denominator = 0, NULL,
                             share, divideDecimal(numerator * if(unit = '%', 100, 1), denominator, 6),
                             family IN ('level', 'max', '') AND within = 0, NULL,
                             divideDecimal(numerator, scale, 6)), 'Nullable(Decimal(38, 6))') AS actual,
                items > 0 AS has_data,
                arrayConcat([(toDate32(start) - 1, if(flows OR baseline IS NULL, toDecimal128(0, 6), assumeNotNull(baseline)))],
                            arrayMap(s -> (toDate32(s.1), s.2), steps), [(toDate32(finish), target)]) AS line,
                greatest(0, dateDiff('day', greatest(stop, toDate(start - 1)), finish)) AS days_left,
                -- What the days left bring if all goes on as in the last 90 days, as in their slowest third, as in their fastest.
                if(flows, divideDecimal((done[1] - done[4]) * days_left, scale * greatest(1, lately), 6), 0) AS to_come,
                arrayMap((more, days) -> divideDecimal(more * days_left, scale * greatest(1, days), 6),
                         [done[1] - done[2], done[2] - done[3], done[3] - done[4]],
                         [intDiv(lately, 3), intDiv(2 * lately, 3) - intDiv(lately, 3), lately - intDiv(2 * lately, 3)]) AS thirds,
                flows AND (lately >= 30 OR days_left = 0) AS ranges
            FROM actuals
        )
    )
)
-- Quotients are cut at the sixth decimal, as figures are, and then rounded half away from 0.
SELECT
    lab, indicator, segment, target, baseline, actual,
    CAST(if(actual IS NULL OR target = 0, NULL, round(divideDecimal(100 * actual, target, 6), 1)), 'Nullable(Decimal(38, 6))') AS percent,
    CAST(round(divideDecimal(expected_over, toDecimal128(expected_by, 6), 6), 2), 'Decimal(38, 6)') AS expected,
    pace,
    CAST(if(actual IS NULL, NULL, round(actual + to_come, 2)), 'Nullable(Decimal(38, 6))') AS projected,
    multiIf(as_of < from_date, 'not_started',
            (actual IS NULL OR NOT has_data) AND (as_of <= due_date OR direction = 'cap' OR family = ''), 'no_data',
            actual IS NULL, 'missed',
            direction = 'cap', if(actual <= target, 'within', 'exceeded'),
            direction = 'down' AND actual <= target, 'achieved',
            direction != 'down' AND actual >= target, 'achieved',
            as_of > due_date, 'missed',
            pace >= (SELECT toDecimal64(toString(value), 6) FROM status_rules FINAL WHERE rule = 'on_track'), 'on_track',
            pace >= (SELECT toDecimal64(toString(value), 6) FROM status_rules FINAL WHERE rule = 'at_risk'), 'at_risk',
            'late') AS status,
    as_of, agreement, mode, from_date, due_date, unit, number,
    CAST(if(actual IS NULL OR NOT ranges, NULL, round(actual + arrayMin(thirds), 2)), 'Nullable(Decimal(38, 6))') AS projected_low,
    CAST(if(actual IS NULL OR NOT ranges, NULL, round(actual + arrayMax(thirds), 2)), 'Nullable(Decimal(38, 6))') AS projected_high,
    -- A month is 30.4375 days, 487 sixteenths of a day; in the last one, all that is missing.
    CAST(multiIf(direction != 'up' OR NOT (flows OR family = 'level'), NULL, missing <= 0, 0, days_left = 0, NULL,
                 round(if(16 * days_left > 487, divideDecimal(missing * 487, toDecimal128(16 * days_left, 6), 6), missing), 2)), 'Nullable(Decimal(38, 6))') AS needed_per_month,
    direction, aggregation, every
FROM (
    SELECT *, target - ifNull(actual, if(flows, 0, ifNull(baseline, 0))) AS missing,
           CAST(multiIf(actual IS NULL OR direction = 'cap', NULL,
                        direction = 'down' AND actual <= 0 OR direction != 'down' AND expected_over <= 0, 1,
                        direction = 'down', round(divideDecimal(expected_over, actual * expected_by, 6), 3),
                        round(divideDecimal(actual * expected_by, expected_over, 6), 3)), 'Nullable(Decimal(38, 6))') AS pace
    FROM measures
);

CREATE OR REPLACE VIEW commitment_status_as_of SQL SECURITY DEFINER AS
SELECT * FROM {{commitment_status_over(days = [{as_of:Date}], lab = '')}};

CREATE OR REPLACE VIEW commitment_status SQL SECURITY DEFINER AS
SELECT * FROM {{commitment_status_over(days = [{{today}}], lab = '')}};

-- One row per lab. Statuses are ranked from best to worst; those without a verdict don't count.
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
            FROM {{agreements}} ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
        ) AS d
        LEFT JOIN (SELECT lab, segments['period'] AS period FROM {{events}} WHERE kind IN ('period.submitted', 'period.approved') AND toDate(occurred_at, '{{zone}}') <= {as_of:Date}) AS s ON d.lab = s.lab AND d.period = s.period
        WHERE d.due < {as_of:Date}
        GROUP BY lab, period
    )
    GROUP BY lab
) AS p ON l.lab = p.lab;

CREATE OR REPLACE VIEW lab_status SQL SECURITY DEFINER AS
SELECT * FROM {{lab_status_as_of(as_of = {{today}})}};
