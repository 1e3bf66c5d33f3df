ALTER TABLE event_keys DELETE
WHERE lab = {lab:String} AND ({id:String} = '' OR toString(id) = {id:String}) AND toUInt64(bitAnd(version, 18446744073709551615)) <= {to:UInt64}
SETTINGS mutations_sync = 2
