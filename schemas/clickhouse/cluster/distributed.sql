-- Under a table's name what all shards have of it. All that is of a lab lies on one shard, so that a cell, and the keys of
-- an event, are read from one place.
CREATE TABLE IF NOT EXISTS {{table}} ON CLUSTER '{{cluster}}' AS {{table}}_local
ENGINE = Distributed('{{cluster}}', '{{database}}', '{{table}}_local', cityHash64(lab))
