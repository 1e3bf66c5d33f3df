-- Some databases were migrated with this before 0001_growth, which says it with the reason: what was applied once must be known for good.
ALTER TABLE event_store MODIFY SETTING merge_selector_base = 10;

ALTER TABLE event_versions MODIFY SETTING merge_selector_base = 10;

ALTER TABLE event_keys MODIFY SETTING merge_selector_base = 10;
