-- What stood in the stream before each of the {approvals} and is the latest version still, with what it contributes. The
-- same row may be copied again.
INSERT INTO event_store (lab, kind, local_day, id, version, superseded, retracted, revision, stream_seq, source, reason,
    occurred_at, ended_at, received_at, segments, data, later_days, later_seconds, fact_indicator, fact_part, fact_fn, fact_day, fact_segment, fact_ref, fact_amount)
SELECT e.lab, e.kind, e.local_day, e.id, e.version, false, e.retracted, e.revision, e.stream_seq, e.source, e.reason,
    e.occurred_at, e.ended_at, e.received_at, e.segments, e.data, e.later_days, e.later_seconds,
    e.fact_indicator, e.fact_part, e.fact_fn, e.fact_day, e.fact_segment, e.fact_ref, e.fact_amount
FROM (SELECT * FROM {main:Identifier}.event_store FINAL WHERE lab IN (SELECT lab FROM approvals) AND NOT superseded) AS e
INNER JOIN approvals AS a ON e.lab = a.lab
WHERE e.stream_seq < a.seq
