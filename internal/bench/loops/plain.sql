-- What the pipelines without exactness fill: the event's own columns, versions replaced some day by merges.
CREATE TABLE plain
(
    lab       String,
    kind      String,
    id        UUID,
    time      DateTime64(3, 'UTC'),
    revision  Int64,
    retracted Bool,
    source    String,
    data      String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (lab, id)
SETTINGS fsync_after_insert = {fsync}, fsync_part_directory = {fsync}, min_rows_to_fsync_after_merge = {fsync}
