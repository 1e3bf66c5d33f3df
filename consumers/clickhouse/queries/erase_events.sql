ALTER TABLE event_store DELETE
-- One event of a lab, or all of them ({id} is then empty), as far as they came up to a message. A row that was superseded carries the version of what came after it.
WHERE lab = {lab:String} AND ({id:String} = '' OR toString(id) = {id:String}) AND toUInt64(bitAnd(version, 18446744073709551615)) <= {to:UInt64}
SETTINGS mutations_sync = 2
