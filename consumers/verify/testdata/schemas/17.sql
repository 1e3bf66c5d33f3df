-- The tables of the schema of seventeen files; its views were much as today's, and are made anew anyway.

CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String               COMMENT 'the file, e.g. 0001_events',
    checksum   String               COMMENT 'of its statements, those of views left out',
    applied_at DateTime64(3, 'UTC') COMMENT 'when it was first applied'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

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
    data            String COMMENT 'the event''s data, JSON' CODEC(LZ4),
    later_days      Array(Date) COMMENT 'the local days that it lasted over, after local_day',
    later_seconds   Array(Decimal(38, 6)) COMMENT 'how long it lasted on each of them',
    fact_indicator  Array(String),
    fact_part       Array(Enum8('numerator' = 0, 'denominator' = 1)),
    fact_fn         Array(Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)),
    fact_day        Array(Date),
    fact_segment    Array(String),
    fact_ref        Array(String),
    fact_amount     Array(Decimal(38, 6))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(local_day)
ORDER BY (local_day, lab, kind, id)
SETTINGS index_granularity = 512;

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
ORDER BY (toUInt128(id), lab, kind, local_day)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS kpi_cells
(
    lab            String,
    kind           String,
    local_day      Date,
    version        UInt128,
    item_indicator Array(LowCardinality(String)),
    item_part      Array(Enum8('numerator' = 0, 'denominator' = 1)),
    item_fn        Array(Enum8('sum' = 0, 'distinct' = 1, 'last' = 2, 'state' = 3, 'max' = 4)),
    item_day       Array(Date),
    item_segment   Array(LowCardinality(String)),
    item_ref       Array(String),
    item_amount    Array(Decimal(38, 6)),
    item_at        Array(DateTime64(3, 'UTC')),
    item_seq       Array(UInt64)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(local_day)
ORDER BY (lab, kind, local_day)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_keys_fill TO event_keys AS
SELECT lab, id, kind, local_day, version, superseded FROM event_store;

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

ALTER TABLE indicator_store ADD COLUMN IF NOT EXISTS
    over_labs String DEFAULT 'none' COMMENT 'how labs'' figures become the programme''s: sum, union, ratio, median or none';

CREATE TABLE IF NOT EXISTS figures_made
(
    made_with String,
    made_at   DateTime64(9, 'UTC')
)
ENGINE = MergeTree
ORDER BY made_at;

ALTER TABLE event_store MODIFY SETTING min_compress_block_size = 8192;

ALTER TABLE event_store ADD INDEX IF NOT EXISTS kinds kind TYPE set(0) GRANULARITY 1;

ALTER TABLE event_store ADD COLUMN IF NOT EXISTS
    later_days Array(Date) COMMENT 'the local days that it lasted over, after local_day';

ALTER TABLE event_store ADD COLUMN IF NOT EXISTS
    later_seconds Array(Decimal(38, 6)) COMMENT 'how long it lasted on each of them';

ALTER TABLE event_store MODIFY COLUMN data String COMMENT 'the event''s data, JSON' CODEC(ZSTD(1));

ALTER TABLE event_versions MODIFY COLUMN data String CODEC(ZSTD(1));

ALTER TABLE kpi_cells MODIFY COLUMN item_indicator Array(LowCardinality(String));

ALTER TABLE kpi_cells MODIFY COLUMN item_segment Array(LowCardinality(String));

ALTER TABLE event_store MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE event_versions MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE event_keys MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE kpi_cells MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE event_store MODIFY COLUMN data String COMMENT 'the event''s data, JSON' CODEC(LZ4);

ALTER TABLE event_versions MODIFY COLUMN data String CODEC(LZ4);

CREATE TABLE IF NOT EXISTS cell_writes
(
    local_day Date,
    cell      UInt64 COMMENT 'hash of lab and kind',
    token     UInt64 COMMENT 'a random number of each insert; as a sum of them it overflows'
)
ENGINE = SummingMergeTree
ORDER BY (local_day, cell)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS status_rules
(
    rule    String COMMENT 'on_track or at_risk: the lowest pace that still counts as such',
    value   Float64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY rule;

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

ALTER TABLE event_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE event_keys MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE event_versions MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE kpi_cells MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE rejection_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE resolution_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE indicator_store MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE figures_made MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

ALTER TABLE status_rules MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

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
