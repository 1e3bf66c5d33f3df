ALTER TABLE event_versions DELETE
WHERE lab = {lab:String} AND ({id:String} = '' OR toString(id) = {id:String}) AND stream_seq <= {to:UInt64}
SETTINGS mutations_sync = 2
