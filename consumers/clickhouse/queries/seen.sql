-- All events that were ever stored; those that moved more than once. (The hash of the lab is that of seenHash.)
SELECT xxHash64(lab) AS lab, id FROM event_keys
