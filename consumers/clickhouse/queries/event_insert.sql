INSERT INTO event_store (lab, kind, local_day, id, version, superseded, retracted, revision, stream_seq, source, reason,
    occurred_at, ended_at, received_at, measures, segments, company_refs, data,
    fact_indicator, fact_part, fact_fn, fact_day, fact_segment, fact_ref, fact_amount)
