-- Which of these files a database has had, and with which tables: a file that was released is not changed any more, but
-- for its views, which are made anew whenever they changed. One from before this table has its files noted as they are now.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String               COMMENT 'the file, e.g. 0001_events',
    checksum   String               COMMENT 'of its statements, those of views left out',
    applied_at DateTime64(3, 'UTC') COMMENT 'when it was first applied'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
