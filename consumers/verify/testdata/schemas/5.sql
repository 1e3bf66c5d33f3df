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
    if(JSONHas(data, 'zone'), JSONExtractString(data, 'zone'), '{{zone}}') AS zone,
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
-- An amendment that was sent under another id replaces the agreement of that number too.
ORDER BY received_at DESC, stream_seq DESC
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
       first, repeat, age, counts, scale, period, segments, phrases, catalogue
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
            SELECT lab, indicator, segment, toDate(dateTrunc({grain:String}, day)) AS period, argMax(amount, (at, seq)) AS level
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
       i.aggregation AS aggregation, i.window AS window, i.first AS first, i.age AS age, i.counts AS counts, i.unit AS unit, if(i.scale = 0, toDecimal128(1, 6), i.scale) AS scale, i.direction AS direction,
       multiIf(i.aggregation IN ('last', 'stock'), 'level', i.window = 'rolling', 'rolling',
               i.window = 'cumulative', 'cumulative',
               i.first, 'first', i.aggregation = 'ratio', 'ratio', i.aggregation) AS family
FROM commitments AS c
LEFT JOIN (SELECT code, aggregation, window, first, age, counts, unit, scale, direction FROM indicators) AS i ON c.indicator = i.code;

-- What was done towards each commitment between start and stop (a cumulative ratio: since the beginning),
-- and what of it in the last 90 days: references that were new in the window then.
CREATE OR REPLACE VIEW commitment_actuals AS
SELECT lab, agreement, number,
       sumIf(amount, fn = 'sum' AND part = 'numerator' AND day BETWEEN since AND stop)
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator' AND day BETWEEN since AND stop), 6)
           + maxIf(amount, fn = 'max' AND day BETWEEN since AND stop) AS numerator,
       sumIf(amount, fn = 'sum' AND part = 'denominator' AND day BETWEEN since AND stop)
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'denominator' AND day BETWEEN since AND stop), 6) AS denominator,
       countIf(day <= stop) AS items,
       sumIf(amount, fn = 'sum' AND part = 'numerator' AND day BETWEEN greatest(since, addDays(stop, -89)) AND stop)
           + toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator' AND day BETWEEN since AND stop), 6)
           - toDecimal128(uniqExactIf(ref, fn = 'distinct' AND part = 'numerator' AND day BETWEEN since AND addDays(stop, -90)), 6) AS trailing
FROM (
    SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.stop AS stop,
           if(w.family = 'cumulative', toDate('1970-01-01'), w.start) AS since,
           i.fn AS fn, i.part AS part, i.ref AS ref, i.day AS day, i.amount AS amount
    FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
    INNER JOIN (
        SELECT lab, indicator, segment, toString(fn) AS fn, toString(part) AS part, '' AS ref, day,
               if(fn = 'max', max(kpi_items.amount), sum(kpi_items.amount)) AS amount, false AS is_first
        FROM kpi_items
        WHERE fn IN ('sum', 'max') AND (lab, indicator, segment) IN (SELECT lab, indicator, segment FROM commitments)
        GROUP BY lab, indicator, segment, fn, part, day
        UNION ALL
        SELECT lab, indicator, segment, 'distinct' AS fn, part, ref, day, toDecimal128(1, 6) AS amount, day = days[1] AS is_first
        FROM (
            SELECT lab, indicator, segment, toString(kpi_items.part) AS part, ref, arraySort(groupUniqArray(kpi_items.day)) AS days
            FROM kpi_items
            WHERE fn = 'distinct' AND (lab, indicator, segment) IN (SELECT lab, indicator, segment FROM commitments)
            GROUP BY lab, indicator, segment, part, ref
        )
        ARRAY JOIN days AS day
    ) AS i ON w.lab = i.lab AND w.indicator = i.indicator AND w.segment = i.segment
    WHERE w.family IN ('sum', 'distinct', 'first', 'ratio', 'cumulative', 'max') AND (w.family != 'first' OR i.is_first)
)
GROUP BY lab, agreement, number
UNION ALL
-- The last value said by the end of the window; an age is counted from its day.
SELECT w.lab, w.agreement, w.number,
       if(any(w.age), toDecimal128(toUInt32(any(w.stop)), 6) - argMax(i.amount, (i.at, i.seq)), argMax(i.amount, (i.at, i.seq))),
       toDecimal128(0, 6), count(), toDecimal128(0, 6)
FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
INNER JOIN (
    SELECT lab, indicator, segment, day, amount, at, seq FROM kpi_items
    WHERE fn = 'last' AND (lab, indicator, segment) IN (SELECT lab, indicator, segment FROM commitments)
) AS i ON w.lab = i.lab AND w.indicator = i.indicator AND w.segment = i.segment
WHERE w.family = 'level' AND i.day <= w.stop
GROUP BY w.lab, w.agreement, w.number
UNION ALL
-- What is active at the end of the window: each reference as its last event by then says.
SELECT lab, agreement, number,
       toDecimal128(if(any(counts) = '', countIf(has(active, segment)),
                       length(arrayDistinct(arrayFlatten(groupArray(arrayFilter(x -> startsWith(x, concat(counts, '=')), active)))))), 6),
       toDecimal128(0, 6), count(), toDecimal128(0, 6)
FROM (
    SELECT w.lab AS lab, w.agreement AS agreement, w.number AS number, w.segment AS segment, w.counts AS counts, i.ref AS ref,
           argMax(i.segments, (i.at, i.seq)) AS active
    FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
    INNER JOIN (
        SELECT lab, indicator, ref, at, seq, min(kpi_items.day) AS day, groupArrayIf(kpi_items.segment, amount = 1) AS segments
        FROM kpi_items WHERE fn = 'state' GROUP BY lab, indicator, ref, at, seq
    ) AS i ON w.lab = i.lab AND w.indicator = i.indicator
    WHERE w.family = 'level' AND i.day <= w.stop
    GROUP BY lab, agreement, number, segment, counts, ref
)
GROUP BY lab, agreement, number
UNION ALL
SELECT w.lab, w.agreement, w.number, k.numerator, k.denominator, 1, toDecimal128(0, 6)
FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
INNER JOIN {{database}}.kpi_rolling(grain = 'month', as_of = {as_of:Date}) AS k
    ON w.lab = k.lab AND w.indicator = k.indicator AND w.segment = k.segment AND toStartOfMonth(w.stop) = k.period
WHERE w.family = 'rolling';

-- The line that a commitment should follow: straight from the baseline (or 0) to the target, or through its
-- steps; a ratio should stand at its target throughout.
CREATE OR REPLACE VIEW commitment_measures AS
SELECT
    w.lab AS lab, w.agreement AS agreement, w.number AS number, w.indicator AS indicator, w.segment AS segment, w.mode AS mode,
    w.from_date AS from_date, w.due_date AS due_date, w.direction AS direction, w.family AS family, w.unit AS unit,
    toFloat64(w.target) AS target, toFloat64(w.baseline) AS baseline,
    multiIf({as_of:Date} < w.from_date, NULL,
            w.family IN ('ratio', 'cumulative', 'rolling') AND a.denominator = 0, NULL,
            w.family IN ('ratio', 'cumulative', 'rolling'), toFloat64(divideDecimal(a.numerator * if(w.unit = '%', 100, 1), a.denominator, 6)),
            a.items = 0 AND w.family IN ('level', 'max', ''), NULL,
            toFloat64(divideDecimal(a.numerator, w.scale, 6))) AS actual,
    a.items > 0 AS has_data,
    if(w.family IN ('sum', 'distinct', 'first'), 0, ifNull(baseline, 0)) AS origin, -- a flow is counted from 0
    greatest(0, least(1, (dateDiff('day', w.start, w.stop) + 1) / (dateDiff('day', w.start, w.finish) + 1))) AS elapsed,
    arrayFilter(s -> s.1 <= w.stop, arrayPushFront(w.steps, (addDays(w.from_date, -1), toDecimal128(origin, 6)))) AS steps_before,
    arrayFilter(s -> s.1 > w.stop, arrayPushBack(w.steps, (w.due_date, w.target))) AS steps_after,
    multiIf({as_of:Date} < w.from_date, 0,
            w.direction = 'cap' OR w.family IN ('ratio', 'cumulative', 'rolling') AND w.baseline IS NULL, target,
            empty(w.steps), origin + (target - origin) * elapsed,
            empty(steps_after), target,
            toFloat64(steps_before[-1].2) + (toFloat64(steps_after[1].2) - toFloat64(steps_before[-1].2))
                * dateDiff('day', steps_before[-1].1, w.stop) / dateDiff('day', steps_before[-1].1, steps_after[1].1)) AS expected,
    if(w.family IN ('sum', 'distinct', 'first'), toFloat64(divideDecimal(a.trailing, w.scale, 6)) / least(90, dateDiff('day', w.start, w.stop) + 1), 0) AS rate_per_day,
    greatest(0, dateDiff('day', w.stop, w.finish)) AS days_left
FROM {{database}}.commitment_windows(as_of = {as_of:Date}) AS w
LEFT JOIN {{database}}.commitment_actuals(as_of = {as_of:Date}) AS a ON w.lab = a.lab AND w.agreement = a.agreement AND w.number = a.number;

CREATE OR REPLACE VIEW commitment_status_as_of AS
SELECT
    lab, indicator, segment, target, baseline, actual,
    if(actual IS NULL OR target = 0, NULL, round(100 * actual / target, 1)) AS percent,
    round(expected, 2) AS expected,
    if(actual IS NULL, NULL,
       multiIf(direction = 'cap', NULL,
               direction = 'down', if(actual <= 0, 1, round(target / actual, 3)),
               expected <= 0, 1, round(actual / expected, 3))) AS pace,
    if(actual IS NULL, NULL, round(actual + rate_per_day * days_left, 2)) AS projected,
    multiIf({as_of:Date} < from_date, 'not_started',
            (actual IS NULL OR NOT has_data) AND ({as_of:Date} <= due_date OR direction = 'cap' OR family = ''), 'no_data',
            actual IS NULL, 'missed',
            direction = 'cap', if(actual <= target, 'within', 'exceeded'),
            direction = 'down' AND actual <= target, 'achieved',
            direction != 'down' AND actual >= target, 'achieved',
            {as_of:Date} > due_date, 'missed',
            pace >= (SELECT value FROM status_rules FINAL WHERE rule = 'on_track'), 'on_track',
            pace >= (SELECT value FROM status_rules FINAL WHERE rule = 'at_risk'), 'at_risk',
            'late') AS status,
    {as_of:Date} AS as_of, agreement, mode, from_date, due_date, unit
FROM {{database}}.commitment_measures(as_of = {as_of:Date});

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
    e.last_event AS last_event,
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
        LEFT JOIN (SELECT lab, segments['period'] AS period FROM events WHERE kind = 'period.submitted' AND local_day <= {as_of:Date}) AS s ON d.lab = s.lab AND d.period = s.period
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

