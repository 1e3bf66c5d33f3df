-- The pipeline's own accounts on a ClickHouse server whose accounts are kept in SQL: run it once, as somebody who may grant.
-- On a cluster add ON CLUSTER to each statement. docs/security.md says which program takes which.

-- migrate, consume and rebuild: tables and views, and what is in them, in the pipeline's database and in the scratch databases
-- vitrine_scratch_… in which approved figures are made. A consumer brings the schema up to date when it starts.
CREATE ROLE IF NOT EXISTS vitrine_pipeline;
GRANT CREATE DATABASE, DROP DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER, TRUNCATE, INSERT, SELECT ON vitrine.* TO vitrine_pipeline;
GRANT CREATE DATABASE, DROP DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER, TRUNCATE, INSERT, SELECT ON vitrine_scratch_*.* TO vitrine_pipeline;

-- gateway and serve: they read.
CREATE ROLE IF NOT EXISTS vitrine_serve;
GRANT SELECT ON vitrine.* TO vitrine_serve;

-- The accounts, with passwords of their own, each in a file for --clickhouse-password-file:
--   CREATE USER vitrine_pipeline IDENTIFIED BY '…' DEFAULT ROLE vitrine_pipeline;
--   CREATE USER vitrine_serve IDENTIFIED BY '…' DEFAULT ROLE vitrine_serve;
