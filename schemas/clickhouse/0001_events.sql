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
