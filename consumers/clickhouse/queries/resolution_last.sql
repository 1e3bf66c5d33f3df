SELECT max(marked_seq) FROM resolution_store
