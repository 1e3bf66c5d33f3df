-- What an event contributes is worked out from the event when its cell is computed. For what lasts over several days
-- that takes how long it lasted on each: its lab's time zone cut it there. The columns fact_… are of rows that were stored before.
ALTER TABLE event_store ADD COLUMN IF NOT EXISTS
    later_days Array(Date) COMMENT 'the local days that it lasted over, after local_day';

ALTER TABLE event_store ADD COLUMN IF NOT EXISTS
    later_seconds Array(Decimal(38, 6)) COMMENT 'how long it lasted on each of them';

-- Written and merged again and again: less time for more space.
ALTER TABLE event_store MODIFY COLUMN data String COMMENT 'the event''s data, JSON' CODEC(ZSTD(1));

ALTER TABLE event_versions MODIFY COLUMN data String CODEC(ZSTD(1));

-- The same few names over and over: as numbers there is less to write, merge and read. (kpi_items gives them as plain strings.)
ALTER TABLE kpi_cells MODIFY COLUMN item_indicator Array(LowCardinality(String));

ALTER TABLE kpi_cells MODIFY COLUMN item_segment Array(LowCardinality(String));
