-- How the database is laid out, said on every server: commands that come later read it here. It is written first, so that
-- a migration that was killed is continued in the same way.
CREATE OR REPLACE VIEW cluster_layout ON CLUSTER '{{cluster}}' AS
SELECT '{{cluster}}' AS cluster, '{{shards_by}}' AS shards_by
