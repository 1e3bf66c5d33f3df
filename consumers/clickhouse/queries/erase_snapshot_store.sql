ALTER TABLE snapshot_store DELETE WHERE lab = {lab:String} AND approval_seq BETWEEN {from:UInt64} AND {to:UInt64} SETTINGS mutations_sync = 2
