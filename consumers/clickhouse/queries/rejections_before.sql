SELECT DISTINCT stream_seq AS StreamSeq FROM rejection_store WHERE received_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
