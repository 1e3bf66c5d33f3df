-- The database's own tables, without those behind views.
SELECT name AS Name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE '.inner%' ORDER BY name
