ALTER TABLE rejection_store DELETE WHERE received_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC') SETTINGS mutations_sync = 2
