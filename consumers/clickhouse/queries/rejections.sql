SELECT stream_seq, lab, kind, id, code, field, reason, reason_fr, subject, received_at, raw FROM rejections ORDER BY stream_seq
