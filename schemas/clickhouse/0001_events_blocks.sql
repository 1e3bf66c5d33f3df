-- A batch reads back the cells of late events, each of which is some rows anywhere: of each column a block is unpacked for them, 64 KiB by
-- default. With these it is a granule or two; the table takes a tenth more. Parts that were written before change when they are merged.
ALTER TABLE event_store MODIFY SETTING min_compress_block_size = 8192;
