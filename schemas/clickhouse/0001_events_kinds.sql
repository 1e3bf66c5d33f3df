-- The registry is a few events among millions, and lies anywhere by day: which granules have which kinds. Parts that were written before
-- get it when they are merged, or at once by ALTER TABLE event_store MATERIALIZE INDEX kinds; what has none is read as before.
ALTER TABLE event_store ADD INDEX IF NOT EXISTS kinds kind TYPE set(0) GRANULARITY 1;
