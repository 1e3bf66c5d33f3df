SELECT raw FROM rejections WHERE stream_seq = {seq:UInt64}
