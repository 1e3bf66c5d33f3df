-- The events of the {touched} cells: what is needed to work out what each contributes. One read gives both the content of a cell
-- and its version: with two an insert could fall between them, and a stale content carry a new version. (All versions of a row have the
-- same cell, so cells can be chosen before FINAL; by itself the engine doesn't do that. Of the rows of the granules that the second condition
-- leaves, most are of other cells: a hash tells them in half of the time. What rows from before contribute is in seven
-- columns, half of the time of this read: whether there are such rows is asked of the first.)
SELECT lab, kind, local_day, id, version, superseded OR retracted AS gone, toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(ended_at) AS until,
       data, later_days, later_seconds, notEmpty(fact_indicator) AS stored_before
FROM event_store FINAL
PREWHERE cityHash64(lab, kind, local_day) IN (SELECT cityHash64(lab, kind, local_day) FROM touched)
  AND local_day BETWEEN {first:Date} AND {last:Date}
WHERE (lab, kind, local_day) IN (SELECT lab, kind, local_day FROM touched)
