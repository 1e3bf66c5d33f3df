-- Views read with the rights of who made them: whoever may read a view need not be let into what it reads. So analysts are
-- granted the contract's relations alone.

-- The live events: latest version of each, neither moved elsewhere nor retracted.
CREATE OR REPLACE VIEW events SQL SECURITY DEFINER AS
SELECT
    lab, kind, id, occurred_at, ended_at, local_day,
    segments['audience'] AS audience,
    segments['topic'] AS topic,
    segments['type'] AS type,
    segments['category'] AS category,
    segments['machine'] AS machine,
    segments['machine_category'] AS machine_category,
    segments['user_type'] AS user_type,
    segments['origin'] AS origin,
    segments['service_type'] AS service_type,
    segments['partner_type'] AS partner_type,
    segments['scope'] AS scope,
    segments['medium'] AS medium,
    segments, measures, company_refs, data, source, reason, revision, stream_seq, received_at
FROM event_store FINAL
WHERE NOT superseded AND NOT retracted;

CREATE OR REPLACE VIEW event_history SQL SECURITY DEFINER AS
SELECT lab, id, revision, stream_seq, kind, local_day, occurred_at, ended_at, retracted, reason, source, received_at, data
FROM event_versions FINAL;

-- The registry as of the latest revision. (PREWHERE, since with FINAL the engine doesn't move a condition there by itself, and would read
-- what all events say. It may be said of columns of the key alone: all versions of an event agree on them.)
CREATE OR REPLACE VIEW labs SQL SECURITY DEFINER AS
SELECT
    lab,
    JSONExtractString(data, 'name') AS name,
    JSONExtractString(data, 'commune') AS commune,
    JSONExtractString(data, 'insee') AS insee,
    JSONExtractString(data, 'department') AS department,
    JSONExtractString(data, 'region') AS region,
    JSONExtractString(data, 'archetype') AS archetype,
    if(JSONExtractString(data, 'zone') != '', JSONExtractString(data, 'zone'), '{{zone}}') AS zone,
    JSONExtract(data, 'latitude', 'Nullable(Float64)') AS latitude,
    JSONExtract(data, 'longitude', 'Nullable(Float64)') AS longitude,
    toDateOrNull(JSONExtractString(data, 'opened')) AS opened,
    JSONExtractString(data, 'website') AS website,
    revision, received_at
FROM (SELECT lab, data, revision, stream_seq, received_at FROM event_store FINAL
      PREWHERE kind = 'lab.registered' WHERE NOT superseded AND NOT retracted)
ORDER BY revision DESC, stream_seq DESC
LIMIT 1 BY lab;

CREATE OR REPLACE VIEW agreements SQL SECURITY DEFINER AS
SELECT
    lab, id,
    JSONExtractString(data, 'agreement') AS agreement,
    JSONExtractString(data, 'programme') AS programme,
    toDate(JSONExtractString(data, 'start')) AS start_date,
    toDate(JSONExtractString(data, 'end_date')) AS end_date,
    JSONExtract(data, 'grant', 'Nullable(Decimal(38, 6))') AS grant_amount,
    JSONExtract(data, 'planned_budget', 'Nullable(Decimal(38, 6))') AS planned_budget,
    JSONExtract(data, 'aid_rate_cap', 'Nullable(Decimal(38, 6))') AS aid_rate_cap,
    JSONExtract(data, 'machines_planned', 'Nullable(UInt32)') AS machines_planned,
    revision, received_at, data
FROM event_store FINAL PREWHERE kind = 'agreement.signed'
WHERE NOT superseded AND NOT retracted
-- An amendment that was sent under another id replaces the agreement of that number too. The later one is the
-- later in the stream: the server's clock may have been set back in between.
ORDER BY stream_seq DESC
LIMIT 1 BY lab, agreement;

CREATE OR REPLACE VIEW commitments SQL SECURITY DEFINER AS
SELECT
    lab, agreement, number,
    JSONExtractString(c, 'indicator') AS indicator,
    JSONExtractString(c, 'segment') AS segment,
    JSONExtract(c, 'target', 'Decimal(38, 6)') AS target,
    JSONExtract(c, 'baseline', 'Nullable(Decimal(38, 6))') AS baseline,
    toDate(JSONExtractString(c, 'from')) AS from_date,
    toDate(JSONExtractString(c, 'due')) AS due_date,
    JSONExtractString(c, 'mode') AS mode,
    JSONExtractString(c, 'every') AS every,
    arrayMap(s -> (toDate(JSONExtractString(s, 'by')), JSONExtract(s, 'value', 'Decimal(38, 6)')),
             JSONExtractArrayRaw(c, 'steps')) AS steps
FROM (
    SELECT lab, agreement, c, number FROM {{agreements}}
    ARRAY JOIN JSONExtractArrayRaw(data, 'commitments') AS c, arrayEnumerate(JSONExtractArrayRaw(data, 'commitments')) AS number
);

CREATE OR REPLACE VIEW indicators SQL SECURITY DEFINER AS
SELECT code, position, name_fr, name_en, unit, aggregation, definition_fr, definition_en, level, direction, cap, window, months,
       first, repeat, age, counts, scale, period, segments, phrases, over_labs, catalogue
FROM indicator_store FINAL;

-- Whether all figures are there: they aren't while they are made again, or after that was interrupted. One row, also before anything was said.
CREATE OR REPLACE VIEW figures_state SQL SECURITY DEFINER AS
SELECT if(last.1 = 'rebuilding', 'rebuilding', 'whole') AS state,
       CAST(last.2, 'DateTime64(3, ''UTC'')') AS since,
       if(last.1 = 'rebuilding', '', extract(last.1, '^catalogue (\\S+), zone ')) AS catalogue,
       if(last.1 = 'rebuilding', '', extract(last.1, ', zone (.*)$')) AS zone
FROM (SELECT argMax((made_of, made_at), made_at) AS last FROM figures_made);
