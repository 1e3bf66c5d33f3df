-- Whether anybody wrote events into a cell: each insert of events adds a random number to the cells that it wrote into, after
-- the events. A consumer that remembers what a cell holds, and the sum of these, needn't read the cell again while nobody else
-- added to the sum. A cell is named by a hash: where two have the same, they are read more often than they need be. The row
-- of the last day that there is, cell 0, says that every cell with events stands here: one that doesn't has none.
CREATE TABLE IF NOT EXISTS cell_writes
(
    local_day Date,
    cell      UInt64 COMMENT 'hash of lab and kind',
    token     UInt64 COMMENT 'a random number of each insert; as a sum of them it overflows'
)
ENGINE = SummingMergeTree
ORDER BY (local_day, cell)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
