-- Merging was the largest part of what the engine does for an event, and grows with what is stored: a row is written again for each size of parts that it
-- goes through. Parts are merged into ones ten times as large, not five: fewer sizes, and a few parts more to read; where they become many, the engine
-- merges earlier by itself. Not kpi_cells, which every page reads.
ALTER TABLE event_store MODIFY SETTING merge_selector_base = 10;

ALTER TABLE event_versions MODIFY SETTING merge_selector_base = 10;

ALTER TABLE event_keys MODIFY SETTING merge_selector_base = 10;
