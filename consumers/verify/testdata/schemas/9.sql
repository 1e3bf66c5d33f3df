-- Columns that anything is joined on are plain strings: the engine (26.7.2) joins LowCardinality keys wrongly
-- after a sort, leaving out rows that match.

-- Every version of an event that was ever stored, and where. A (lab, kind, local_day) is a cell: what is
-- recomputed and written as a unit. Rows are appended only; the highest version of a key stays.
CREATE TABLE IF NOT EXISTS event_store
(
    lab             String COMMENT 'the lab''s slug',
    kind            String COMMENT 'kind of event, e.g. training.held',
    local_day       Date                              COMMENT 'day of occurred_at in the lab''s time zone',
    id              UUID                              COMMENT 'the event''s id; (lab, id) identifies it',
    version         UInt128                           COMMENT 'revision << 64 | stream_seq: the highest is the latest',
    superseded      Bool                              COMMENT 'the event moved to another day or kind; version is then the other''s',
    retracted       Bool                              COMMENT 'the event never happened',
    revision        UInt32                            COMMENT 'the sender''s revision',
    stream_seq      UInt64                            COMMENT 'sequence in VITRINE_EVENTS',
    source          LowCardinality(String)            COMMENT 'CloudEvents source',
    reason          String                            COMMENT 'why it was corrected or retracted',
    occurred_at     DateTime64(3, 'UTC')              COMMENT 'when it happened (the start, where it lasts)',
    ended_at        DateTime64(3, 'UTC')              COMMENT 'its end; occurred_at where it does not last',
    received_at     DateTime64(3, 'UTC')              COMMENT 'when JetStream stored it',
    measures        Map(LowCardinality(String), Decimal(38, 6)) COMMENT 'the numbers of data by field name',
    segments        Map(LowCardinality(String), String) COMMENT 'the codes of data by field name',
    company_refs    Array(String)                     COMMENT 'companies concerned: SIREN, or lab:code',
    data            String COMMENT 'the event''s data, JSON' CODEC(ZSTD(3)),
    -- What the event contributes to which indicator; worked out from the catalogue when it is stored.
    fact_indicator  Array(String),
    fact_part       Array(Enum8('numerator' = 0, 'denominator' = 1)),
    fact_fn         Array(Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)),
    fact_day        Array(Date),
    fact_segment    Array(String),
    fact_ref        Array(String),
    fact_amount     Array(Decimal(38, 6))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(local_day)
ORDER BY (lab, kind, local_day, id)
SETTINGS index_granularity = 2048;

-- Where each event has ever been stored: how an event that moved is found again.
CREATE TABLE IF NOT EXISTS event_keys
(
    lab        String,
    id         UUID,
    kind       String,
    local_day  Date,
    version    UInt128,
    superseded Bool
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (lab, id, kind, local_day)
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_keys_fill TO event_keys AS
SELECT lab, id, kind, local_day, version, superseded FROM event_store;

-- Every version ever accepted, retractions too. A replay writes the same rows again, and they collapse.
CREATE TABLE IF NOT EXISTS event_versions
(
    lab         String,
    id          UUID,
    revision    UInt32,
    stream_seq  UInt64,
    kind        String,
    local_day   Date,
    retracted   Bool,
    source      LowCardinality(String),
    reason      String,
    occurred_at DateTime64(3, 'UTC'),
    ended_at    DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    data        String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
ORDER BY (lab, id, revision, stream_seq)
SETTINGS index_granularity = 2048;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_versions_fill TO event_versions AS
SELECT lab, id, revision, stream_seq, kind, local_day, retracted, source, reason, occurred_at, ended_at, received_at, data
FROM event_store WHERE NOT superseded;

-- What each cell contributes, written whole. Its version is the sum of the versions of all rows of the cell,
-- superseded and retracted ones included: it only grows as the content advances, so a stale write loses.
CREATE TABLE IF NOT EXISTS kpi_cells
(
    lab            String,
    kind           String,
    local_day      Date,
    version        UInt128,
    item_indicator Array(String),
    item_part      Array(Enum8('numerator' = 0, 'denominator' = 1)),
    item_fn        Array(Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)),
    item_day       Array(Date),
    item_segment   Array(String),
    item_ref       Array(String),
    item_amount    Array(Decimal(38, 6)),
    item_at        Array(DateTime64(3, 'UTC')),
    item_seq       Array(UInt64)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(local_day)
ORDER BY (lab, kind, local_day)
SETTINGS index_granularity = 256;

CREATE TABLE IF NOT EXISTS rejection_store
(
    stream_seq  UInt64                    COMMENT 'sequence in VITRINE_EVENTS of what was rejected',
    lab         String COMMENT 'the lab, as far as it can be told from the subject',
    kind        String COMMENT 'the kind, as far as it can be told',
    id          String                    COMMENT 'the event''s id as it stood there',
    code        String COMMENT 'sort of problem, e.g. personal_data',
    field       String                    COMMENT 'the first field at fault',
    reason      String                    COMMENT 'what is wrong, in English',
    reason_fr   String                    COMMENT 'what is wrong, in French',
    subject     String                    COMMENT 'NATS subject',
    received_at DateTime64(3, 'UTC')      COMMENT 'when JetStream stored it',
    raw         String COMMENT 'what was sent, e-mail addresses and phone numbers masked' CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
ORDER BY stream_seq;

-- The catalogue as migrated; the views read their rules here.
CREATE TABLE IF NOT EXISTS indicator_store
(
    code          String COMMENT 'e.g. D01',
    position      UInt16                  COMMENT 'order in the catalogue',
    name_fr       String,
    name_en       String,
    unit          String COMMENT 'unit of value',
    aggregation   String COMMENT 'sum, distinct, last, stock, ratio or max',
    definition_fr String,
    definition_en String,
    level         String COMMENT 'input, output, outcome or process',
    direction     String COMMENT 'up: more is better; down: less is; cap: at most cap',
    cap           Nullable(Decimal(38, 6)),
    window        String COMMENT 'period, cumulative or rolling',
    months        UInt16                  COMMENT 'length of a rolling window',
    first         Bool                    COMMENT 'a reference counts only when it first appears',
    repeat        Bool                    COMMENT 'the numerator counts references seen in two or more quarters',
    age           Bool                    COMMENT 'value is the days since the last one',
    counts        String COMMENT 'dimension whose different values are counted',
    scale         Decimal(38, 6)          COMMENT 'value = numerator / scale; ratios: numerator / denominator / scale',
    period        String COMMENT 'the field''s usual period',
    segments      Array(String)           COMMENT 'dimensions that it is given by',
    phrases       Array(String)           COMMENT 'phrases of the call that it serves',
    catalogue     String                  COMMENT 'hash of the catalogue',
    updated_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY code;

-- For a database from before it; what it says comes with the catalogue.
ALTER TABLE indicator_store ADD COLUMN IF NOT EXISTS
    over_labs String DEFAULT 'none' COMMENT 'how labs'' figures become the programme''s: sum, union, ratio, median or none';

-- Which catalogue and zone all figures were made with: the last row counts. A consumer with others must
-- not add to them.
CREATE TABLE IF NOT EXISTS figures_made
(
    made_with String,
    made_at   DateTime64(9, 'UTC')
)
ENGINE = MergeTree
ORDER BY made_at;

-- The live events: latest version of each, neither moved elsewhere nor retracted.
CREATE OR REPLACE VIEW events AS
SELECT
    lab, kind, id, occurred_at, ended_at, local_day,
    segments['audience'] AS audience,
    segments['topic'] AS topic,
    segments['type'] AS type,
    segments['category'] AS category,
    segments['machine'] AS machine,
    segments['machine_category'] AS machine_category,
    segments['user_type'] AS user_type,
    segments['origin'] AS origin,
    segments['service_type'] AS service_type,
    segments['partner_type'] AS partner_type,
    segments['scope'] AS scope,
    segments['medium'] AS medium,
    segments, measures, company_refs, data, source, reason, revision, stream_seq, received_at
FROM event_store FINAL
WHERE NOT superseded AND NOT retracted;

CREATE OR REPLACE VIEW event_history AS
SELECT lab, id, revision, stream_seq, kind, local_day, occurred_at, ended_at, retracted, reason, source, received_at, data
FROM event_versions FINAL;

-- The registry as of the latest revision.
CREATE OR REPLACE VIEW labs AS
SELECT
    lab,
    JSONExtractString(data, 'name') AS name,
    JSONExtractString(data, 'commune') AS commune,
    JSONExtractString(data, 'insee') AS insee,
    JSONExtractString(data, 'department') AS department,
    JSONExtractString(data, 'region') AS region,
    JSONExtractString(data, 'archetype') AS archetype,
    if(JSONExtractString(data, 'zone') != '', JSONExtractString(data, 'zone'), '{{zone}}') AS zone,
    JSONExtract(data, 'latitude', 'Nullable(Float64)') AS latitude,
    JSONExtract(data, 'longitude', 'Nullable(Float64)') AS longitude,
    toDateOrNull(JSONExtractString(data, 'opened')) AS opened,
    JSONExtractString(data, 'website') AS website,
    revision, received_at
FROM (SELECT lab, data, revision, stream_seq, received_at FROM event_store FINAL
      WHERE kind = 'lab.registered' AND NOT superseded AND NOT retracted)
ORDER BY revision DESC, stream_seq DESC
LIMIT 1 BY lab;

CREATE OR REPLACE VIEW agreements AS
SELECT
    lab, id,
    JSONExtractString(data, 'agreement') AS agreement,
    JSONExtractString(data, 'programme') AS programme,
    toDate(JSONExtractString(data, 'start')) AS start_date,
    toDate(JSONExtractString(data, 'end_date')) AS end_date,
    JSONExtract(data, 'grant', 'Nullable(Decimal(38, 6))') AS grant_amount,
    JSONExtract(data, 'planned_budget', 'Nullable(Decimal(38, 6))') AS planned_budget,
    JSONExtract(data, 'aid_rate_cap', 'Nullable(Decimal(38, 6))') AS aid_rate_cap,
    JSONExtract(data, 'machines_planned', 'Nullable(UInt32)') AS machines_planned,
    revision, received_at, data
FROM event_store FINAL
WHERE kind = 'agreement.signed' AND NOT superseded AND NOT retracted
-- An amendment that was sent under another id replaces the agreement of that number too. The later one is the
-- later in the stream: the server's clock may have been set back in between.
ORDER BY stream_seq DESC
LIMIT 1 BY lab, agreement;

CREATE OR REPLACE VIEW commitments AS
SELECT
    lab, agreement, number,
    JSONExtractString(c, 'indicator') AS indicator,
    JSONExtractString(c, 'segment') AS segment,
    JSONExtract(c, 'target', 'Decimal(38, 6)') AS target,
    JSONExtract(c, 'baseline', 'Nullable(Decimal(38, 6))') AS baseline,
    toDate(JSONExtractString(c, 'from')) AS from_date,
    toDate(JSONExtractString(c, 'due')) AS due_date,
    JSONExtractString(c, 'mode') AS mode,
    JSONExtractString(c, 'every') AS every,
    arrayMap(s -> (toDate(JSONExtractString(s, 'by')), JSONExtract(s, 'value', 'Decimal(38, 6)')),
             JSONExtractArrayRaw(c, 'steps')) AS steps
FROM (
    SELECT lab, agreement, c, number FROM agreements
    ARRAY JOIN JSONExtractArrayRaw(data, 'commitments') AS c, arrayEnumerate(JSONExtractArrayRaw(data, 'commitments')) AS number
);

CREATE OR REPLACE VIEW indicators AS
SELECT code, position, name_fr, name_en, unit, aggregation, definition_fr, definition_en, level, direction, cap, window, months,
       first, repeat, age, counts, scale, period, segments, phrases, over_labs, catalogue
FROM indicator_store FINAL;

-- What the cells hold, one row per contribution.
CREATE OR REPLACE VIEW kpi_items AS
SELECT lab, kind, local_day, indicator, part, fn, day, segment, ref, amount, at, seq
FROM kpi_cells FINAL
ARRAY JOIN
    item_indicator AS indicator, item_part AS part, item_fn AS fn, item_day AS day, item_segment AS segment,
    item_ref AS ref, item_amount AS amount, item_at AS at, item_seq AS seq;

-- (dateTrunc of a Date gives a DateTime for 'day', hence toDate.)

-- Figures whose window is the period itself: sums, distinct counts, ratios of them, highest values.
CREATE OR REPLACE VIEW kpi_periodic AS
SELECT lab, indicator, toDate(dateTrunc({grain:String}, day)) AS period, segment,
       sumIf(amount, fn = 'sum' AND part = 'numerator')
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator'), 6)
           + maxIf(amount, fn = 'max') AS numerator,
       sumIf(amount, fn = 'sum' AND part = 'denominator')
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'denominator'), 6) AS denominator
FROM kpi_items
WHERE indicator IN (SELECT code FROM indicators WHERE window = 'period' AND NOT first AND aggregation IN ('sum', 'distinct', 'ratio', 'max'))
GROUP BY lab, indicator, period, segment
UNION ALL
-- A reference counts in the period in which it first appears.
SELECT lab, indicator, toDate(dateTrunc({grain:String}, first_day)) AS period, segment,
       toDecimal128(count(), 6) AS numerator, toDecimal128(0, 6) AS denominator
FROM (
    SELECT lab, indicator, segment, ref, min(day) AS first_day
    FROM kpi_items
    WHERE indicator IN (SELECT code FROM indicators WHERE first)
    GROUP BY lab, indicator, segment, ref
)
GROUP BY lab, indicator, period, segment;

-- Ratios since the beginning: running sums, carried on to the period of as_of. A distinct count's
-- running value is the running sum of the references that are new.
CREATE OR REPLACE VIEW kpi_cumulative AS
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
            SELECT lab, indicator, segment, part, day, amount FROM kpi_items
            WHERE fn = 'sum' AND indicator IN (SELECT code FROM indicators WHERE window = 'cumulative')
            UNION ALL
            SELECT lab, indicator, segment, part, min(day) AS day, toDecimal128(1, 6) AS amount FROM kpi_items
            WHERE fn = 'distinct' AND indicator IN (SELECT code FROM indicators WHERE window = 'cumulative')
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
CREATE OR REPLACE VIEW kpi_rolling AS
SELECT lab, indicator,
       if({grain:String} = 'month', addMonths(from_period, n), addQuarters(from_period, n)) AS period,
       segment,
       sumIf(amount, fn = 'sum' AND part = 'numerator') + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator'), 6) AS numerator,
       sumIf(amount, fn = 'sum' AND part = 'denominator') + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'denominator'), 6) AS denominator
FROM (
    SELECT i.lab AS lab, i.indicator AS indicator, i.segment AS segment, i.part AS part, i.fn AS fn, i.ref AS ref, i.amount AS amount,
           toDate(dateTrunc({grain:String}, i.day)) AS from_period, intDiv(r.months, if({grain:String} = 'month', 1, 3)) AS periods
    FROM kpi_items AS i
    INNER JOIN (SELECT code, months FROM indicators WHERE window = 'rolling' AND NOT repeat) AS r ON i.indicator = r.code
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
        FROM kpi_items AS i
        INNER JOIN (SELECT code, months FROM indicators WHERE repeat) AS r ON i.indicator = r.code
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
CREATE OR REPLACE VIEW kpi_levels AS
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
            FROM kpi_items
            WHERE fn = 'last' AND day <= {as_of:Date}
            GROUP BY lab, indicator, segment, period
        )
        WINDOW whole AS (PARTITION BY lab, indicator, segment ORDER BY period ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
               backwards AS (PARTITION BY lab, indicator, segment ORDER BY period DESC)
    )
    ARRAY JOIN range(toUInt64(ahead + is_last)) AS n
) AS l
INNER JOIN (SELECT code, age FROM indicators) AS r ON l.indicator = r.code
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
            FROM kpi_items AS i
            INNER JOIN (SELECT code, toString(counts) AS counts FROM indicators) AS r ON i.indicator = r.code
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
CREATE OR REPLACE VIEW kpi_by_period AS
SELECT k.lab AS lab, k.indicator AS indicator, k.period AS period, k.segment AS segment,
       CAST(multiIf(r.aggregation != 'ratio', divideDecimal(k.numerator, r.scale, 6),
                    k.denominator = 0, NULL,
                    divideDecimal(k.numerator * if(r.unit = '%', 100, 1), k.denominator, 6)), 'Nullable(Decimal(38, 6))') AS value,
       CAST(k.numerator, 'Decimal(38, 6)') AS numerator,
       CAST(if(r.aggregation = 'ratio', k.denominator, NULL), 'Nullable(Decimal(38, 6))') AS denominator
FROM (
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{database}}.kpi_periodic(grain = {grain:String})
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{database}}.kpi_cumulative(grain = {grain:String}, as_of = {as_of:Date})
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{database}}.kpi_rolling(grain = {grain:String}, as_of = {as_of:Date})
    UNION ALL
    SELECT lab, indicator, period, segment, numerator, denominator FROM {{database}}.kpi_levels(grain = {grain:String}, as_of = {as_of:Date})
) AS k
INNER JOIN (SELECT code, aggregation, unit, scale FROM indicators) AS r ON k.indicator = r.code;

CREATE OR REPLACE VIEW kpi_daily AS
SELECT lab, indicator, period AS day, segment, value, numerator, denominator, period
FROM {{database}}.kpi_by_period(grain = 'day', as_of = toDate(now('{{zone}}')));

CREATE OR REPLACE VIEW kpi_monthly AS
SELECT lab, indicator, period AS month, segment, value, numerator, denominator, period
FROM {{database}}.kpi_by_period(grain = 'month', as_of = toDate(now('{{zone}}')));

CREATE OR REPLACE VIEW kpi_quarterly AS
SELECT lab, indicator, period AS quarter, segment, value, numerator, denominator, period
FROM {{database}}.kpi_by_period(grain = 'quarter', as_of = toDate(now('{{zone}}')));

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
CREATE OR REPLACE VIEW commitment_status_over AS
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
                    FROM commitments WHERE {lab:String} = '' OR lab = {lab:String}
                ) AS c
                LEFT JOIN (
                    SELECT code, aggregation, months, age, counts, unit, scale, direction,
                           multiIf(aggregation IN ('last', 'stock'), 'level', repeat, 'repeat', window = 'rolling', 'rolling',
                                   window = 'cumulative', 'cumulative', first, 'first', aggregation) AS family -- else 'sum', 'distinct', 'ratio' or 'max'
                    FROM indicators
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
    FROM kpi_items
    WHERE ({lab:String} = '' OR lab = {lab:String})
      AND (lab, indicator, if(fn = 'state', 'state', segment)) IN (SELECT lab, indicator, arrayJoin([segment, 'state']) FROM commitments WHERE {lab:String} = '' OR lab = {lab:String})
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

CREATE OR REPLACE VIEW commitment_status_as_of AS
SELECT * FROM {{database}}.commitment_status_over(days = [{as_of:Date}], lab = '');

CREATE OR REPLACE VIEW commitment_status AS
SELECT * FROM {{database}}.commitment_status_over(days = [toDate(now('{{zone}}'))], lab = '');

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
        FROM {{database}}.commitment_status_over(days = [{as_of:Date}], lab = '')
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
        LEFT JOIN (SELECT lab, segments['period'] AS period FROM events WHERE kind IN ('period.submitted', 'period.approved') AND toDate(occurred_at, '{{zone}}') <= {as_of:Date}) AS s ON d.lab = s.lab AND d.period = s.period
        WHERE d.due < {as_of:Date}
        GROUP BY lab, period
    )
    GROUP BY lab
) AS p ON l.lab = p.lab;

CREATE OR REPLACE VIEW lab_status AS
SELECT * FROM {{database}}.lab_status_as_of(as_of = toDate(now('{{zone}}')));

-- What became of rejected events. The truth is in the stream VITRINE_REJECTED; this is filled from it, in its
-- order, so that marked_seq also says up to where. The last word on an event counts.
CREATE TABLE IF NOT EXISTS resolution_store
(
    stream_seq  UInt64               COMMENT 'sequence in VITRINE_EVENTS of what was rejected',
    marked_seq  UInt64               COMMENT 'sequence in VITRINE_REJECTED of what says so',
    state       String               COMMENT 'replayed or discarded',
    replayed_as UInt64               COMMENT 'sequence in VITRINE_EVENTS under which it was accepted; 0 if it was discarded',
    reason      String               COMMENT 'why it was discarded',
    resolved_at DateTime64(3, 'UTC') COMMENT 'when JetStream stored what says so'
)
ENGINE = ReplacingMergeTree(marked_seq)
ORDER BY stream_seq;

-- A resolution of what is no longer rejected, since the schemas changed and all was made again, shows nowhere.
-- The ifs, because an unmatched row's columns are NULL or zero as the reader's settings have it.
CREATE OR REPLACE VIEW rejections AS
SELECT
    r.stream_seq AS stream_seq, r.lab AS lab, r.kind AS kind, r.id AS id, r.code AS code, r.field AS field,
    r.reason AS reason, r.reason_fr AS reason_fr, r.subject AS subject, r.received_at AS received_at, r.raw AS raw,
    if(ifNull(m.stream_seq, 0) = 0, 'open', assumeNotNull(m.state)) AS state,
    if(ifNull(m.stream_seq, 0) = 0, NULL, m.resolved_at) AS resolved_at,
    nullIf(ifNull(m.replayed_as, 0), 0) AS replayed_as,
    ifNull(m.reason, '') AS resolution_reason
FROM (SELECT stream_seq, lab, kind, id, code, field, reason, reason_fr, subject, received_at, raw FROM rejection_store FINAL) AS r
LEFT JOIN (SELECT stream_seq, state, replayed_as, reason, resolved_at FROM resolution_store FINAL) AS m ON r.stream_seq = m.stream_seq;

-- What was inserted is on the disk when ClickHouse answers, and what was merged before its sources go: the stream
-- never delivers again what was acknowledged, so a power cut must not take it. Each table here says so itself, whatever
-- the server's settings; docs/durability.md has what it costs.
ALTER TABLE event_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE event_keys MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE event_versions MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE kpi_cells MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE rejection_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE resolution_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE indicator_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE figures_made MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE status_rules MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What was ever said about reporting periods and still holds. The story of a period goes by the stream's order, and each
-- event has its place where its present revision was first told: sending it again, unchanged, moves nothing. local_day is by
-- the lab's calendar, programme_day by the programme's: a lab on the other side of the world may live in tomorrow already.
CREATE OR REPLACE VIEW period_events AS
SELECT s.lab AS lab, s.period AS period, s.kind AS kind, s.id AS id, s.occurred_at AS occurred_at, s.local_day AS local_day,
       toDate(s.occurred_at, '{{zone}}') AS programme_day, s.words AS words, s.revision AS revision, s.stream_seq AS stream_seq,
       if(v.told_seq = 0, s.stream_seq, v.told_seq) AS told_seq
FROM (
    SELECT lab, JSONExtractString(data, 'period') AS period, kind, id, occurred_at, local_day, revision, stream_seq,
           if(kind = 'period.reopened', JSONExtractString(data, 'why'), JSONExtractString(data, 'comment')) AS words
    FROM event_store FINAL
    WHERE kind IN ('period.submitted', 'period.approved', 'period.reopened') AND NOT superseded AND NOT retracted
) AS s
LEFT JOIN (
    SELECT lab, id, revision, min(stream_seq) AS told_seq
    FROM event_versions
    WHERE (lab, id) IN (SELECT lab, id FROM event_store WHERE kind IN ('period.submitted', 'period.approved', 'period.reopened'))
    GROUP BY lab, id, revision
) AS v ON s.lab = v.lab AND s.id = v.id AND s.revision = v.revision;

-- The periods that agreements in force ask reports for; where two ask for the same one, the earlier date counts.
CREATE OR REPLACE VIEW period_dues AS
SELECT lab, period, argMin(number, (day, number)) AS agreement, min(day) AS due
FROM (
    SELECT lab, agreement AS number, JSONExtractString(r, 'period') AS period, toDate(JSONExtractString(r, 'due')) AS day
    FROM agreements ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
)
GROUP BY lab, period;

-- Where each period stands as of a day. A reopening that follows another one (or nothing) has nothing to undo and is passed
-- over. The approval in force is the first one since the last reopening: saying it again freezes nothing anew. A period that
-- was told of stays here when an amendment no longer asks for it; it has no due date then.
CREATE OR REPLACE VIEW period_states_as_of AS
SELECT
    lab, agreement, period, starts, ends, due,
    multiIf(approval > 0, 'approved',
            submission > 0, 'submitted',
            sent_back > 0, if(arrayExists(i -> i > before AND i < sent_back AND told[i].2 = 'period.approved', arrayEnumerate(told)), 'reopened', 'sent_back'),
            due < {as_of:Date}, 'overdue',
            {as_of:Date} <= ends, 'upcoming',
            'open') AS state,
    if(empty(submissions), NULL, told[submissions[1]].4) AS first_submitted_at,
    if(empty(submissions), NULL, told[submissions[-1]].4) AS submitted_at,
    CAST(if(empty(submissions) OR due IS NULL, NULL, arrayMin(i -> told[i].5, submissions) <= due), 'Nullable(Bool)') AS on_time,
    if(approval = 0, NULL, told[approval].4) AS approved_at,
    if(approval = 0, NULL, told[approval].3) AS approval_id,
    if(approval = 0, 0, told[approval].1) AS approval_seq,
    if(approval = 0, '', told[approval].6) AS comment,
    if(sent_back = 0, NULL, told[sent_back].4) AS reopened_at,
    if(sent_back = 0, '', told[sent_back].6) AS reason,
    length(reopenings) AS reopenings,
    {as_of:Date} AS as_of
FROM (
    SELECT *,
           arrayFilter(i -> i > sent_back AND told[i].2 = 'period.approved', arrayEnumerate(told))[1] AS approval,
           arrayFilter(i -> i > sent_back AND told[i].2 = 'period.submitted', arrayEnumerate(told))[1] AS submission,
           arrayFilter(i -> i < sent_back AND told[i].2 = 'period.reopened', arrayEnumerate(told))[-1] AS before
    FROM (
        SELECT
            lab, agreement, period, due, told,
            makeDate(toUInt16(substring(period, 1, 4)),
                     if(position(period, 'Q') > 0, 3 * toUInt8OrZero(substring(period, 7, 1)) - 2, toUInt8OrZero(substring(period, 6, 2))), 1) AS starts,
            toLastDayOfMonth(addMonths(starts, if(position(period, 'Q') > 0, 2, 0))) AS ends,
            arrayFilter(i -> told[i].2 = 'period.submitted', arrayEnumerate(told)) AS submissions,
            arrayFilter(i -> told[i].2 = 'period.reopened' AND i > 1 AND told[i - 1].2 != 'period.reopened', arrayEnumerate(told)) AS reopenings,
            reopenings[-1] AS sent_back
        FROM (
            SELECT if(d.lab = '', t.lab, d.lab) AS lab, d.agreement AS agreement, if(d.period = '', t.period, d.period) AS period,
                   if(d.lab = '', NULL, d.due) AS due, t.told AS told
            FROM period_dues AS d
            FULL OUTER JOIN (
                SELECT lab, period, arraySort(e -> e.1, groupArray((told_seq, kind, id, occurred_at, local_day, words))) AS told
                FROM period_events
                WHERE programme_day <= {as_of:Date}
                GROUP BY lab, period
            ) AS t ON d.lab = t.lab AND d.period = t.period
        )
    )
);

CREATE OR REPLACE VIEW period_states AS
SELECT * FROM {{database}}.period_states_as_of(as_of = toDate(now('{{zone}}')));

-- The figures of approved periods, as the stream stood before the approval: as its messages up to there make them,
-- whatever came since. Rows are known by the approval's place in the stream and by what they were made with, so that
-- writing them twice changes nothing, and what a killed process left half is written again whole.
CREATE TABLE IF NOT EXISTS snapshot_store
(
    lab          String,
    period       String                         COMMENT 'e.g. 2026-Q1 or 2026-03',
    approval_seq UInt64                         COMMENT 'sequence in VITRINE_EVENTS of the approval''s first telling',
    made_with    String                         COMMENT 'catalogue and zone that the figures were made with',
    indicator    String,
    segment      String,
    value        Nullable(Decimal(38, 6)),
    numerator    Decimal(38, 6),
    denominator  Nullable(Decimal(38, 6))
)
ENGINE = ReplacingMergeTree
ORDER BY (lab, period, approval_seq, made_with, indicator, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- How the lab's commitments stood on the period's last day, by the same messages.
CREATE TABLE IF NOT EXISTS snapshot_commitment_store
(
    lab              String,
    period           String,
    approval_seq     UInt64,
    made_with        String,
    agreement        String,
    number           UInt32,
    indicator        String,
    segment          String,
    target           Decimal(38, 6),
    baseline         Nullable(Decimal(38, 6)),
    actual           Nullable(Decimal(38, 6)),
    percent          Nullable(Decimal(38, 6)),
    expected         Decimal(38, 6),
    pace             Nullable(Decimal(38, 6)),
    projected        Nullable(Decimal(38, 6)),
    status           String,
    as_of            Date,
    mode             String,
    from_date        Date,
    due_date         Date,
    unit             String,
    projected_low    Nullable(Decimal(38, 6)),
    projected_high   Nullable(Decimal(38, 6)),
    needed_per_month Nullable(Decimal(38, 6)),
    direction        String,
    aggregation      String,
    every            String
)
ENGINE = ReplacingMergeTree
ORDER BY (lab, period, approval_seq, made_with, agreement, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Which approvals are frozen: written last, so that what it names is there whole.
CREATE TABLE IF NOT EXISTS snapshot_marks
(
    lab          String,
    period       String,
    approval_seq UInt64,
    made_with    String,
    rules        String                         COMMENT 'thresholds of the statuses',
    indicators   Array(String)                  COMMENT 'codes that the catalogue had',
    frozen_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(frozen_at)
ORDER BY (lab, period, approval_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The approvals in force. frozen_at is NULL while the figures are still to be frozen, which takes seconds.
CREATE OR REPLACE VIEW period_approvals AS
SELECT p.lab AS lab, p.period AS period, if(position(p.period, 'Q') > 0, 'quarter', 'month') AS grain, p.starts AS starts, p.ends AS ends,
       p.approval_seq AS approval_seq, p.approval_id AS approval_id, p.approved_at AS approved_at, p.comment AS comment,
       if(ifNull(m.made_with, '') = '', NULL, m.frozen_at) AS frozen_at,
       ifNull(m.made_with, '') AS made_with, ifNull(m.rules, '') AS rules, m.indicators AS indicators,
       made_with != '' AND made_with != (SELECT argMax(f.made_with, f.made_at) FROM figures_made AS f) AS catalogue_changed
FROM (SELECT lab, period, starts, ends, approval_seq, approval_id, approved_at, comment FROM period_states WHERE approval_seq > 0) AS p
LEFT JOIN (SELECT lab, period, approval_seq, made_with, rules, indicators, frozen_at FROM snapshot_marks FINAL) AS m
    ON p.lab = m.lab AND p.period = m.period AND p.approval_seq = m.approval_seq;

CREATE OR REPLACE VIEW period_snapshots AS
SELECT s.lab AS lab, s.period AS period, s.indicator AS indicator, s.segment AS segment,
       s.value AS value, s.numerator AS numerator, s.denominator AS denominator,
       a.starts AS starts, a.ends AS ends, a.approval_seq AS approval_seq, a.approval_id AS approval_id, a.approved_at AS approved_at,
       a.frozen_at AS frozen_at, a.catalogue_changed AS catalogue_changed
FROM snapshot_store AS s FINAL
INNER JOIN (SELECT lab, period, approval_seq, made_with, starts, ends, approval_id, approved_at, frozen_at, catalogue_changed FROM period_approvals) AS a
    ON s.lab = a.lab AND s.period = a.period AND s.approval_seq = a.approval_seq AND s.made_with = a.made_with;

CREATE OR REPLACE VIEW period_commitments AS
SELECT s.lab AS lab, s.period AS period, s.indicator AS indicator, s.segment AS segment, s.target AS target, s.baseline AS baseline,
       s.actual AS actual, s.percent AS percent, s.expected AS expected, s.pace AS pace, s.projected AS projected, s.status AS status,
       s.as_of AS as_of, s.agreement AS agreement, s.mode AS mode, s.from_date AS from_date, s.due_date AS due_date, s.unit AS unit,
       s.number AS number, s.projected_low AS projected_low, s.projected_high AS projected_high, s.needed_per_month AS needed_per_month,
       s.direction AS direction, s.aggregation AS aggregation, s.every AS every,
       a.approval_seq AS approval_seq, a.approved_at AS approved_at, a.frozen_at AS frozen_at
FROM snapshot_commitment_store AS s FINAL
INNER JOIN (SELECT lab, period, approval_seq, made_with, approved_at, frozen_at FROM period_approvals) AS a
    ON s.lab = a.lab AND s.period = a.period AND s.approval_seq = a.approval_seq AND s.made_with = a.made_with;

-- Where today's figure of an approved period differs from the approved one: in its numerator or its denominator; a figure
-- that isn't there counts as 0. Both are the period's own, with what is carried on as of its end. Indicators that only one of
-- the catalogues has are left out. `until` is a day: periods that begin later are left out.
CREATE OR REPLACE VIEW period_adjustments_until AS
SELECT d.lab AS lab, d.period AS period, d.indicator AS indicator, d.segment AS segment,
       d.approved_value AS approved, d.now_value AS now,
       CAST(if(r.aggregation = 'ratio' AND (d.approved_value IS NULL OR d.now_value IS NULL), NULL,
               ifNull(d.now_value, 0) - ifNull(d.approved_value, 0)), 'Nullable(Decimal(38, 6))') AS difference,
       d.approved_numerator AS approved_numerator, d.now_numerator AS now_numerator,
       d.approved_denominator AS approved_denominator, d.now_denominator AS now_denominator,
       r.unit AS unit, d.starts AS starts, d.ends AS ends, d.approval_seq AS approval_seq, d.approved_at AS approved_at,
       d.catalogue_changed AS catalogue_changed
FROM (
    SELECT u.lab AS lab, u.period AS period, u.indicator AS indicator, u.segment AS segment,
           any(p.starts) AS starts, any(p.ends) AS ends, any(p.approval_seq) AS approval_seq, any(p.approved_at) AS approved_at,
           any(p.catalogue_changed) AS catalogue_changed,
           maxIf(u.value, u.frozen) AS approved_value, maxIf(u.value, NOT u.frozen) AS now_value,
           CAST(if(countIf(u.frozen) = 0, NULL, sumIf(u.numerator, u.frozen)), 'Nullable(Decimal(38, 6))') AS approved_numerator,
           CAST(if(countIf(NOT u.frozen) = 0, NULL, sumIf(u.numerator, NOT u.frozen)), 'Nullable(Decimal(38, 6))') AS now_numerator,
           maxIf(u.denominator, u.frozen) AS approved_denominator, maxIf(u.denominator, NOT u.frozen) AS now_denominator
    FROM (
        SELECT lab, period, indicator, segment, value, numerator, denominator, true AS frozen, approval_seq, made_with FROM snapshot_store FINAL
        UNION ALL
        SELECT lab, concat(toString(toYear(period)), '-Q', toString(toQuarter(period))) AS period, indicator, segment, value, numerator, denominator, false, 0, ''
        FROM {{database}}.kpi_by_period(grain = 'quarter', as_of = toLastDayOfMonth(addMonths(toStartOfQuarter({until:Date}), 2)))
        WHERE (SELECT countIf(snapshot_marks.period LIKE '%Q%') FROM snapshot_marks) > 0
        UNION ALL
        SELECT lab, formatDateTime(period, '%Y-%m') AS period, indicator, segment, value, numerator, denominator, false, 0, ''
        FROM {{database}}.kpi_by_period(grain = 'month', as_of = toLastDayOfMonth({until:Date}))
        WHERE (SELECT countIf(snapshot_marks.period NOT LIKE '%Q%') FROM snapshot_marks) > 0
    ) AS u
    INNER JOIN (SELECT lab, period, starts, ends, approval_seq, approved_at, made_with, indicators, catalogue_changed FROM period_approvals
                WHERE frozen_at IS NOT NULL AND starts <= {until:Date}) AS p ON u.lab = p.lab AND u.period = p.period
    WHERE (NOT u.frozen OR u.approval_seq = p.approval_seq AND u.made_with = p.made_with) AND has(p.indicators, u.indicator)
    GROUP BY lab, period, indicator, segment
    HAVING ifNull(approved_numerator, 0) != ifNull(now_numerator, 0) OR ifNull(approved_denominator, 0) != ifNull(now_denominator, 0)
) AS d
INNER JOIN (SELECT code, aggregation, unit FROM indicators) AS r ON d.indicator = r.code;

CREATE OR REPLACE VIEW period_adjustments AS
SELECT * FROM {{database}}.period_adjustments_until(until = toDate(now('{{zone}}')));

-- What each lab adds to the programme's figures, from the start to a day: levels as they stand then, what looks back
-- over the last months as it does on that day. Companies that unite over labs aren't here, nor single machines: their codes
-- are a lab's own.
CREATE OR REPLACE VIEW programme_parts AS
SELECT p.lab AS lab, p.indicator AS indicator, p.segment AS segment, p.numerator AS numerator, p.denominator AS denominator,
       r.aggregation AS aggregation, r.unit AS unit, r.scale AS scale, r.over_labs AS over_labs,
       CAST(multiIf(r.aggregation != 'ratio', divideDecimal(p.numerator, r.scale, 6),
                    p.denominator = 0, NULL,
                    divideDecimal(p.numerator * if(r.unit = '%', 100, 1), p.denominator, 6)), 'Nullable(Decimal(38, 6))') AS value
FROM (
    SELECT lab, indicator, segment,
           multiIf(has((SELECT groupArray(code) FROM indicators WHERE age), indicator), toDecimal128(toUInt32({as_of:Date}), 6) - level,
                   lasts > 0, level,
                   added + toDecimal128(refs, 6) + highest) AS numerator,
           added_below + toDecimal128(refs_below, 6) AS denominator
    FROM (
        SELECT lab, indicator, segment,
               sumIf(amount, fn = 'sum' AND part = 'numerator') AS added,
               sumIf(amount, fn = 'sum' AND part = 'denominator') AS added_below,
               uniqExactIf(ref, fn = 'distinct' AND part = 'numerator') AS refs,
               uniqExactIf(ref, fn = 'distinct' AND part = 'denominator') AS refs_below,
               maxIf(amount, fn = 'max') AS highest,
               countIf(fn = 'last') AS lasts, argMaxIf(amount, (at, seq, amount), fn = 'last') AS level
        FROM kpi_items
        WHERE day <= {as_of:Date} AND fn != 'state'
          AND indicator IN (SELECT code FROM indicators WHERE over_labs NOT IN ('union', 'none') AND NOT repeat)
          AND (indicator NOT IN (SELECT code FROM indicators WHERE window = 'rolling')
               OR day >= addMonths(toStartOfMonth({as_of:Date}),
                                   1 - (SELECT mapFromArrays(groupArray(code), groupArray(months)) FROM indicators WHERE window = 'rolling')[indicator]))
        GROUP BY lab, indicator, segment
    )
    UNION ALL
    -- The references seen in two or more quarters of the window ÷ those seen at all.
    SELECT lab, indicator, segment, toDecimal128(countIf(quarters >= 2), 6), toDecimal128(count(), 6)
    FROM (
        SELECT lab, indicator, segment, ref, uniqExact(toStartOfQuarter(day)) AS quarters
        FROM kpi_items
        WHERE day <= {as_of:Date} AND part = 'denominator' AND indicator IN (SELECT code FROM indicators WHERE repeat)
          AND toStartOfQuarter(day) >= addMonths(toStartOfMonth({as_of:Date}),
                                                 1 - (SELECT mapFromArrays(groupArray(code), groupArray(months)) FROM indicators WHERE repeat)[indicator])
        GROUP BY lab, indicator, segment, ref
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
            FROM kpi_items
            WHERE day <= {as_of:Date} AND fn = 'state'
            GROUP BY lab, indicator, ref, at, seq
        ) AS s
        INNER JOIN (SELECT code, counts FROM indicators) AS r ON s.indicator = r.code
        GROUP BY lab, indicator, ref, counts
    )
    ARRAY JOIN all_segments AS one
    GROUP BY lab, indicator, segment, counts
) AS p
INNER JOIN (SELECT code, aggregation, unit, scale, over_labs FROM indicators WHERE over_labs != 'none') AS r ON p.indicator = r.code
WHERE NOT startsWith(p.segment, 'machine=');

-- The programme's figures from its start to a day. A median is that of the labs' values: between two, the middle.
CREATE OR REPLACE VIEW programme_figures_as_of AS
SELECT indicator, segment,
       CAST(multiIf(over_labs = 'median', multiIf(empty(ordered), NULL, length(ordered) % 2 = 1, upper,
                                                  divideDecimal(ordered[intDiv(length(ordered), 2)] + upper, toDecimal128(2, 6), 6)),
                    over_labs = 'sum', divideDecimal(added, scale, 6),
                    added_below = 0, NULL,
                    divideDecimal(added * if(unit = '%', 100, 1), added_below, 6)), 'Nullable(Decimal(38, 6))') AS value,
       CAST(if(over_labs = 'median', NULL, added), 'Nullable(Decimal(38, 6))') AS numerator,
       CAST(if(over_labs = 'ratio', added_below, NULL), 'Nullable(Decimal(38, 6))') AS denominator,
       labs, over_labs, {as_of:Date} AS as_of
FROM (
    SELECT indicator, segment, unit, scale, over_labs, sum(numerator) AS added, sum(denominator) AS added_below, uniqExact(lab) AS labs,
           arraySort(groupArray(value)) AS ordered, ordered[intDiv(length(ordered), 2) + 1] AS upper
    FROM {{database}}.programme_parts(as_of = {as_of:Date})
    GROUP BY indicator, segment, unit, scale, over_labs
)
UNION ALL
-- Each company once, however many labs have it.
SELECT indicator, segment, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS value, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS numerator,
       CAST(NULL, 'Nullable(Decimal(38, 6))') AS denominator, uniqExact(lab) AS labs, 'union' AS over_labs, {as_of:Date} AS as_of
FROM kpi_items
WHERE day <= {as_of:Date} AND indicator IN (SELECT code FROM indicators WHERE over_labs = 'union')
GROUP BY indicator, segment;

CREATE OR REPLACE VIEW programme_figures AS
SELECT * FROM {{database}}.programme_figures_as_of(as_of = toDate(now('{{zone}}')));

-- The programme's figures by period ('month' or 'quarter'), as kpi_by_period gives the labs'. A company is new to the
-- programme in the period in which the first lab has it.
CREATE OR REPLACE VIEW programme_by_period AS
SELECT indicator, period, segment,
       CAST(multiIf(over_labs = 'median', multiIf(empty(ordered), NULL, length(ordered) % 2 = 1, upper,
                                                  divideDecimal(ordered[intDiv(length(ordered), 2)] + upper, toDecimal128(2, 6), 6)),
                    over_labs = 'sum', divideDecimal(added, scale, 6),
                    added_below = 0, NULL,
                    divideDecimal(added * if(unit = '%', 100, 1), added_below, 6)), 'Nullable(Decimal(38, 6))') AS value,
       CAST(if(over_labs = 'median', NULL, added), 'Nullable(Decimal(38, 6))') AS numerator,
       CAST(if(over_labs = 'ratio', added_below, NULL), 'Nullable(Decimal(38, 6))') AS denominator,
       labs, over_labs
FROM (
    SELECT k.indicator AS indicator, k.period AS period, k.segment AS segment, r.unit AS unit, r.scale AS scale, r.over_labs AS over_labs,
           sum(k.numerator) AS added, sum(ifNull(k.denominator, 0)) AS added_below, uniqExact(k.lab) AS labs,
           arraySort(groupArray(k.value)) AS ordered, ordered[intDiv(length(ordered), 2) + 1] AS upper
    FROM {{database}}.kpi_by_period(grain = {grain:String}, as_of = {as_of:Date}) AS k
    INNER JOIN (SELECT code, unit, scale, over_labs FROM indicators WHERE over_labs IN ('sum', 'ratio', 'median')) AS r ON k.indicator = r.code
    WHERE NOT startsWith(k.segment, 'machine=')
    GROUP BY indicator, period, segment, unit, scale, over_labs
)
UNION ALL
SELECT indicator, period, segment, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS value, CAST(uniqExact(ref), 'Nullable(Decimal(38, 6))') AS numerator,
       CAST(NULL, 'Nullable(Decimal(38, 6))') AS denominator, uniqExact(lab) AS labs, 'union' AS over_labs
FROM (
    SELECT indicator, segment, ref, lab, toDate(dateTrunc({grain:String}, day)) AS period FROM kpi_items
    WHERE indicator IN (SELECT code FROM indicators WHERE over_labs = 'union' AND NOT first)
    UNION ALL
    SELECT indicator, segment, ref, argMin(lab, (day, lab)) AS lab, toDate(dateTrunc({grain:String}, min(day))) AS period FROM kpi_items
    WHERE indicator IN (SELECT code FROM indicators WHERE over_labs = 'union' AND first)
    GROUP BY indicator, segment, ref
)
GROUP BY indicator, period, segment;

CREATE OR REPLACE VIEW programme_monthly AS
SELECT indicator, period AS month, segment, value, numerator, denominator, labs, over_labs, period
FROM {{database}}.programme_by_period(grain = 'month', as_of = toDate(now('{{zone}}')));

CREATE OR REPLACE VIEW programme_quarterly AS
SELECT indicator, period AS quarter, segment, value, numerator, denominator, labs, over_labs, period
FROM {{database}}.programme_by_period(grain = 'quarter', as_of = toDate(now('{{zone}}')));

