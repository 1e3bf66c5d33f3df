-- Up to which message of the stream anything was stored.
SELECT max(stream_seq) AS Sequence FROM event_versions
