-- What a batch inserts is up to 60 MB of some 25 columns: by default (from 10 MB on) it would be written as some 60 files a partition, all made, flushed
-- and soon merged away. Below this size a part is two files, for which the engine needs a seventh less.
ALTER TABLE event_store MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE event_versions MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE event_keys MODIFY SETTING min_bytes_for_wide_part = 67108864;

ALTER TABLE kpi_cells MODIFY SETTING min_bytes_for_wide_part = 67108864;

-- Compressing the data once more as thoroughly was a fifth of a merge, and unpacking them as much of reading late events' cells.
ALTER TABLE event_store MODIFY COLUMN data String COMMENT 'the event''s data, JSON' CODEC(LZ4);

ALTER TABLE event_versions MODIFY COLUMN data String CODEC(LZ4);
