INSERT INTO event_store (lab, kind, local_day, id, version, superseded, retracted, revision, stream_seq, source, reason,
    occurred_at, ended_at, received_at, measures, segments, company_refs, data, later_days, later_seconds)
