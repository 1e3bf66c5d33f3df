INSERT INTO rejection_store (stream_seq, lab, kind, id, code, field, reason, reason_fr, subject, received_at, raw)
