-- Events that stand there more than once, which none must.
SELECT toUInt64(count() - uniqExact(lab, id)) FROM event_store FINAL
