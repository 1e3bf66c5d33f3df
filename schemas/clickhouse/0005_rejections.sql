-- What became of rejected events. The truth is in the stream VITRINE_REJECTED; this is filled from it, in its
-- order, so that marked_seq also says up to where. The last word on an event counts.
CREATE TABLE IF NOT EXISTS resolution_store
(
    stream_seq  UInt64               COMMENT 'sequence in VITRINE_EVENTS of what was rejected',
    marked_seq  UInt64               COMMENT 'sequence in VITRINE_REJECTED of what says so',
    state       String               COMMENT 'replayed or discarded',
    replayed_as UInt64               COMMENT 'sequence in VITRINE_EVENTS under which it was accepted; 0 if it was discarded',
    reason      String               COMMENT 'why it was discarded',
    resolved_at DateTime64(3, 'UTC') COMMENT 'when JetStream stored what says so'
)
ENGINE = ReplacingMergeTree(marked_seq)
ORDER BY stream_seq;

-- A resolution of what is no longer rejected, since the schemas changed and all was made again, shows nowhere.
-- The ifs, because an unmatched row's columns are NULL or zero as the reader's settings have it.
CREATE OR REPLACE VIEW rejections SQL SECURITY DEFINER AS
SELECT
    r.stream_seq AS stream_seq, r.lab AS lab, r.kind AS kind, r.id AS id, r.code AS code, r.field AS field,
    r.reason AS reason, r.reason_fr AS reason_fr, r.subject AS subject, r.received_at AS received_at, r.raw AS raw,
    if(ifNull(m.stream_seq, 0) = 0, 'open', assumeNotNull(m.state)) AS state,
    if(ifNull(m.stream_seq, 0) = 0, NULL, m.resolved_at) AS resolved_at,
    nullIf(ifNull(m.replayed_as, 0), 0) AS replayed_as,
    ifNull(m.reason, '') AS resolution_reason
FROM (SELECT stream_seq, lab, kind, id, code, field, reason, reason_fr, subject, received_at, raw FROM rejection_store FINAL) AS r
LEFT JOIN (SELECT stream_seq, state, replayed_as, reason, resolved_at FROM resolution_store FINAL) AS m ON r.stream_seq = m.stream_seq;
