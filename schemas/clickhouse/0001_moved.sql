-- A batch tells after its events what moved away: a part of a few rows beside a large one. The engine takes each part for 5 MB more when it chooses what to merge, so a table whose every
-- second part is such a one was merged, large parts and all, twice as soon as was meant.
ALTER TABLE event_store MODIFY SETTING merge_selector_base = 20;

ALTER TABLE event_keys MODIFY SETTING merge_selector_base = 20;
