-- These tables as a new database has them; 0001 finds them there. Databases from before keep theirs as 0001 made them, with the same
-- columns: everything works on both. A batch has events of many months and few years, and each partition costs an insert some
-- ten files, so here these are years.
--
-- Columns that anything is joined on are plain strings: the engine (26.7.2) joins LowCardinality keys wrongly
-- after a sort, leaving out rows that match.

-- Every version of an event that was ever stored, and where. A (lab, kind, local_day) is a cell: what is
-- recomputed and written as a unit. Rows are appended only; the highest version of a key stays. By day first: what comes is of
-- the last days and of all labs, and the cells that it touches are read back; by lab first that is a little everywhere, so all of it.
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
    data            String COMMENT 'the event''s data, JSON' CODEC(ZSTD(1)),
    later_days      Array(Date) COMMENT 'the local days that it lasted over, after local_day',
    later_seconds   Array(Decimal(38, 6)) COMMENT 'how long it lasted on each of them',
    -- What an event that was stored before these contributes; see 0001_events_later.
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
SETTINGS index_granularity = 256;

-- Where each event has ever been stored: how an event that moved is found again. By the ids as
-- numbers: ClickHouse orders UUIDs by their second half, and those made here begin with the time, so that a batch looks at the newest.
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

-- What each cell contributes, written whole. Its version is the sum of the versions of all rows of the cell,
-- superseded and retracted ones included: it only grows as the content advances, so a stale write loses.
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
