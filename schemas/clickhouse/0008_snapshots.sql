-- The figures of approved periods, as the stream stood before the approval: as its messages up to there make them,
-- whatever came since. Rows are known by the approval's place in the stream and by what they were made with, so that
-- writing them twice changes nothing, and what a killed process left half is written again whole.
CREATE TABLE IF NOT EXISTS snapshot_store
(
    lab          String,
    period       String                         COMMENT 'e.g. 2026-Q1 or 2026-03',
    approval_seq UInt64                         COMMENT 'sequence in VITRINE_EVENTS of the approval''s first telling',
    made_with    String                         COMMENT 'catalogue and zone that the figures were made with',
    indicator    String,
    segment      String,
    value        Nullable(Decimal(38, 6)),
    numerator    Decimal(38, 6),
    denominator  Nullable(Decimal(38, 6))
)
ENGINE = ReplacingMergeTree
ORDER BY (lab, period, approval_seq, made_with, indicator, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- How the lab's commitments stood on the period's last day, by the same messages.
CREATE TABLE IF NOT EXISTS snapshot_commitment_store
(
    lab              String,
    period           String,
    approval_seq     UInt64,
    made_with        String,
    agreement        String,
    number           UInt32,
    indicator        String,
    segment          String,
    target           Decimal(38, 6),
    baseline         Nullable(Decimal(38, 6)),
    actual           Nullable(Decimal(38, 6)),
    percent          Nullable(Decimal(38, 6)),
    expected         Decimal(38, 6),
    pace             Nullable(Decimal(38, 6)),
    projected        Nullable(Decimal(38, 6)),
    status           String,
    as_of            Date,
    mode             String,
    from_date        Date,
    due_date         Date,
    unit             String,
    projected_low    Nullable(Decimal(38, 6)),
    projected_high   Nullable(Decimal(38, 6)),
    needed_per_month Nullable(Decimal(38, 6)),
    direction        String,
    aggregation      String,
    every            String
)
ENGINE = ReplacingMergeTree
ORDER BY (lab, period, approval_seq, made_with, agreement, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- Which approvals are frozen: written last, so that what it names is there whole.
CREATE TABLE IF NOT EXISTS snapshot_marks
(
    lab          String,
    period       String,
    approval_seq UInt64,
    made_with    String,
    rules        String                         COMMENT 'thresholds of the statuses',
    indicators   Array(String)                  COMMENT 'codes that the catalogue had',
    frozen_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(frozen_at)
ORDER BY (lab, period, approval_seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- The approvals in force. frozen_at is NULL while the figures are still to be frozen, which takes seconds.
CREATE OR REPLACE VIEW period_approvals SQL SECURITY DEFINER AS
SELECT p.lab AS lab, p.period AS period, if(position(p.period, 'Q') > 0, 'quarter', 'month') AS grain, p.starts AS starts, p.ends AS ends,
       p.approval_seq AS approval_seq, p.approval_id AS approval_id, p.approved_at AS approved_at, p.comment AS comment,
       if(ifNull(m.made_with, '') = '', NULL, m.frozen_at) AS frozen_at,
       ifNull(m.made_with, '') AS made_with, ifNull(m.rules, '') AS rules, m.indicators AS indicators,
       made_with != '' AND made_with != (SELECT argMax(f.made_of, f.made_at) FROM figures_made AS f) AS catalogue_changed
FROM (SELECT lab, period, starts, ends, approval_seq, approval_id, approved_at, comment FROM period_states WHERE approval_seq > 0) AS p
LEFT JOIN (SELECT lab, period, approval_seq, made_with, rules, indicators, frozen_at FROM snapshot_marks FINAL) AS m
    ON p.lab = m.lab AND p.period = m.period AND p.approval_seq = m.approval_seq;

CREATE OR REPLACE VIEW period_snapshots SQL SECURITY DEFINER AS
SELECT s.lab AS lab, s.period AS period, s.indicator AS indicator, s.segment AS segment,
       s.value AS value, s.numerator AS numerator, s.denominator AS denominator,
       a.starts AS starts, a.ends AS ends, a.approval_seq AS approval_seq, a.approval_id AS approval_id, a.approved_at AS approved_at,
       a.frozen_at AS frozen_at, a.catalogue_changed AS catalogue_changed
FROM snapshot_store AS s FINAL
INNER JOIN (SELECT lab, period, approval_seq, made_with, starts, ends, approval_id, approved_at, frozen_at, catalogue_changed FROM {{period_approvals}}) AS a
    ON s.lab = a.lab AND s.period = a.period AND s.approval_seq = a.approval_seq AND s.made_with = a.made_with;

CREATE OR REPLACE VIEW period_commitments SQL SECURITY DEFINER AS
SELECT s.lab AS lab, s.period AS period, s.indicator AS indicator, s.segment AS segment, s.target AS target, s.baseline AS baseline,
       s.actual AS actual, s.percent AS percent, s.expected AS expected, s.pace AS pace, s.projected AS projected, s.status AS status,
       s.as_of AS as_of, s.agreement AS agreement, s.mode AS mode, s.from_date AS from_date, s.due_date AS due_date, s.unit AS unit,
       s.number AS number, s.projected_low AS projected_low, s.projected_high AS projected_high, s.needed_per_month AS needed_per_month,
       s.direction AS direction, s.aggregation AS aggregation, s.every AS every,
       a.approval_seq AS approval_seq, a.approved_at AS approved_at, a.frozen_at AS frozen_at
FROM snapshot_commitment_store AS s FINAL
INNER JOIN (SELECT lab, period, approval_seq, made_with, approved_at, frozen_at FROM {{period_approvals}}) AS a
    ON s.lab = a.lab AND s.period = a.period AND s.approval_seq = a.approval_seq AND s.made_with = a.made_with;

-- Where today's figure of an approved period differs from the approved one: in its numerator or its denominator; a figure
-- that isn't there counts as 0. Both are the period's own, with what is carried on as of its end. Indicators that only one of
-- the catalogues has are left out. `until` is a day: periods that begin later are left out.
CREATE OR REPLACE VIEW period_adjustments_until SQL SECURITY DEFINER AS
SELECT d.lab AS lab, d.period AS period, d.indicator AS indicator, d.segment AS segment,
       d.approved_value AS approved, d.now_value AS now,
       CAST(if(r.aggregation = 'ratio' AND (d.approved_value IS NULL OR d.now_value IS NULL), NULL,
               ifNull(d.now_value, 0) - ifNull(d.approved_value, 0)), 'Nullable(Decimal(38, 6))') AS difference,
       d.approved_numerator AS approved_numerator, d.now_numerator AS now_numerator,
       d.approved_denominator AS approved_denominator, d.now_denominator AS now_denominator,
       r.unit AS unit, d.starts AS starts, d.ends AS ends, d.approval_seq AS approval_seq, d.approved_at AS approved_at,
       d.catalogue_changed AS catalogue_changed
FROM (
    SELECT u.lab AS lab, u.period AS period, u.indicator AS indicator, u.segment AS segment,
           any(p.starts) AS starts, any(p.ends) AS ends, any(p.approval_seq) AS approval_seq, any(p.approved_at) AS approved_at,
           any(p.catalogue_changed) AS catalogue_changed,
           maxIf(u.value, u.frozen) AS approved_value, maxIf(u.value, NOT u.frozen) AS now_value,
           CAST(if(countIf(u.frozen) = 0, NULL, sumIf(u.numerator, u.frozen)), 'Nullable(Decimal(38, 6))') AS approved_numerator,
           CAST(if(countIf(NOT u.frozen) = 0, NULL, sumIf(u.numerator, NOT u.frozen)), 'Nullable(Decimal(38, 6))') AS now_numerator,
           maxIf(u.denominator, u.frozen) AS approved_denominator, maxIf(u.denominator, NOT u.frozen) AS now_denominator
    FROM (
        SELECT lab, period, indicator, segment, value, numerator, denominator, true AS frozen, approval_seq, made_with FROM snapshot_store FINAL
        UNION ALL
        SELECT lab, concat(toString(toYear(period)), '-Q', toString(toQuarter(period))) AS period, indicator, segment, value, numerator, denominator, false, 0, ''
        FROM {{kpi_by_period(grain = 'quarter', as_of = toLastDayOfMonth(addMonths(toStartOfQuarter({until:Date}), 2)))}}
        WHERE (SELECT countIf(snapshot_marks.period LIKE '%Q%') FROM snapshot_marks) > 0
        UNION ALL
        SELECT lab, formatDateTime(period, '%Y-%m') AS period, indicator, segment, value, numerator, denominator, false, 0, ''
        FROM {{kpi_by_period(grain = 'month', as_of = toLastDayOfMonth({until:Date}))}}
        WHERE (SELECT countIf(snapshot_marks.period NOT LIKE '%Q%') FROM snapshot_marks) > 0
    ) AS u
    INNER JOIN (SELECT lab, period, starts, ends, approval_seq, approved_at, made_with, indicators, catalogue_changed FROM {{period_approvals}}
                WHERE frozen_at IS NOT NULL AND starts <= {until:Date}) AS p ON u.lab = p.lab AND u.period = p.period
    WHERE (NOT u.frozen OR u.approval_seq = p.approval_seq AND u.made_with = p.made_with) AND has(p.indicators, u.indicator)
    GROUP BY lab, period, indicator, segment
    HAVING ifNull(approved_numerator, 0) != ifNull(now_numerator, 0) OR ifNull(approved_denominator, 0) != ifNull(now_denominator, 0)
) AS d
INNER JOIN (SELECT code, aggregation, unit FROM indicator_store FINAL) AS r ON d.indicator = r.code;

CREATE OR REPLACE VIEW period_adjustments SQL SECURITY DEFINER AS
SELECT * FROM {{period_adjustments_until(until = {{today}})}};
