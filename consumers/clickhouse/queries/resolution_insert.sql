INSERT INTO resolution_store (stream_seq, marked_seq, state, replayed_as, reason, resolved_at)
