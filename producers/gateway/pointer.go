package gateway

import (
	"strconv"
	"strings"
)

// pointer is where a field stands in the request's body, as a JSON Pointer (RFC 6901). A field that is
// missing is pointed at where it should stand.
func (d *Delivery) pointer(index int, field string) string {
	out := ""
	if d.batch {
		out = "/" + strconv.Itoa(index)
	}
	return out + pointerOf(field)
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// pointerOf turns the door's path, such as data.companies[2].siren, into a pointer. A name with dots or
// brackets in it, which no field of ours has, is taken for several.
func pointerOf(field string) string {
	if field == "" {
		return ""
	}
	var b strings.Builder
	for name := range strings.SplitSeq(field, ".") {
		name, indexes, _ := strings.Cut(name, "[")
		b.WriteString("/" + pointerEscape.Replace(name))
		for indexes != "" {
			var index string
			index, indexes, _ = strings.Cut(indexes, "]")
			b.WriteString("/" + pointerEscape.Replace(strings.TrimPrefix(index, "[")))
		}
	}
	return b.String()
}
