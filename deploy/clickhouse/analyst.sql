-- Analysts on a ClickHouse server whose accounts are kept in SQL: run it once, after `vitrine migrate`, as somebody who may
-- grant. On a cluster add ON CLUSTER to each statement. It says what users.xml says for docker-compose.yml.
CREATE SETTINGS PROFILE IF NOT EXISTS vitrine_analyst SETTINGS
    readonly = 2,
    max_execution_time = 60 MIN 1 MAX 60,
    max_memory_usage = 1000000000 MIN 1 MAX 1000000000,
    max_result_rows = 5000000 MIN 1 MAX 5000000,
    max_result_bytes = 1000000000 MIN 1 MAX 1000000000,
    max_concurrent_queries_for_user = 8 READONLY;

CREATE ROLE IF NOT EXISTS vitrine_analyst SETTINGS PROFILE 'vitrine_analyst';

CREATE QUOTA IF NOT EXISTS vitrine_analyst FOR INTERVAL 1 hour MAX queries = 10000, read_rows = 20000000000 TO vitrine_analyst;

-- The contract's relations, and nothing that they read: the views have their definer's rights.
GRANT SELECT ON vitrine.events TO vitrine_analyst;
GRANT SELECT ON vitrine.event_history TO vitrine_analyst;
GRANT SELECT ON vitrine.kpi_daily TO vitrine_analyst;
GRANT SELECT ON vitrine.kpi_monthly TO vitrine_analyst;
GRANT SELECT ON vitrine.kpi_by_period TO vitrine_analyst;
GRANT SELECT ON vitrine.kpi_quarterly TO vitrine_analyst;
GRANT SELECT ON vitrine.programme_figures TO vitrine_analyst;
GRANT SELECT ON vitrine.programme_figures_as_of TO vitrine_analyst;
GRANT SELECT ON vitrine.programme_monthly TO vitrine_analyst;
GRANT SELECT ON vitrine.programme_by_period TO vitrine_analyst;
GRANT SELECT ON vitrine.programme_quarterly TO vitrine_analyst;
GRANT SELECT ON vitrine.labs TO vitrine_analyst;
GRANT SELECT ON vitrine.agreements TO vitrine_analyst;
GRANT SELECT ON vitrine.commitments TO vitrine_analyst;
GRANT SELECT ON vitrine.commitment_status TO vitrine_analyst;
GRANT SELECT ON vitrine.commitment_status_as_of TO vitrine_analyst;
GRANT SELECT ON vitrine.commitment_status_over TO vitrine_analyst;
GRANT SELECT ON vitrine.lab_status TO vitrine_analyst;
GRANT SELECT ON vitrine.lab_status_as_of TO vitrine_analyst;
GRANT SELECT ON vitrine.period_states TO vitrine_analyst;
GRANT SELECT ON vitrine.period_states_as_of TO vitrine_analyst;
GRANT SELECT ON vitrine.period_approvals TO vitrine_analyst;
GRANT SELECT ON vitrine.period_snapshots TO vitrine_analyst;
GRANT SELECT ON vitrine.period_commitments TO vitrine_analyst;
GRANT SELECT ON vitrine.period_adjustments TO vitrine_analyst;
GRANT SELECT ON vitrine.period_adjustments_until TO vitrine_analyst;
GRANT SELECT ON vitrine.period_events TO vitrine_analyst;
GRANT SELECT ON vitrine.rejections TO vitrine_analyst;
GRANT SELECT ON vitrine.indicators TO vitrine_analyst;
GRANT SELECT ON vitrine.figures_state TO vitrine_analyst;

-- For each person, with a password of her own:
--   CREATE USER name IDENTIFIED BY '…' DEFAULT ROLE vitrine_analyst;
--   GRANT vitrine_analyst TO name;
