package schemas

import "bytes"

// PlainYAML is a YAML file without what editors on Windows write into it: the byte-order mark, which the parser (goccy/go-yaml 1.19) takes
// for a part of the first key, and carriage returns, with which it counts a line with a comment twice.
func PlainYAML(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.TrimPrefix(raw, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
}
