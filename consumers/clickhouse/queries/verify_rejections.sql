SELECT stream_seq, code FROM rejections
