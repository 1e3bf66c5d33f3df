ALTER TABLE rejection_store DELETE
WHERE lab = {lab:String} AND ({id:String} = '' OR lower(id) = {id:String}) AND stream_seq <= {to:UInt64}
SETTINGS mutations_sync = 2
