package agreement

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"vitrine/schemas"
)

// YAML writes an agreement as a file that [Read] takes: what it would take to amend it.
func YAML(lab string, a *schemas.AgreementSigned) []byte {
	var out bytes.Buffer
	kind, _ := schemas.KindByName(kindName)
	fmt.Fprintf(&out, "%s: %s\n", labField, lab)
	writeObject(&out, "", "", kind.Fields(), plain(a))
	return out.Bytes()
}

// writeObject writes an object's fields in the contract's order; the first line follows lead, the others indent.
func writeObject(out *bytes.Buffer, lead, indent string, fields []schemas.Field, values map[string]any) {
	for i := range fields {
		f := &fields[i]
		v, given := values[f.Name]
		if !given {
			continue
		}
		if f.Type == schemas.FieldList {
			list := items(v)
			if len(list) == 0 {
				fmt.Fprintf(out, "%s%s: []\n", lead, f.Name)
			} else {
				fmt.Fprintf(out, "%s%s:\n", lead, f.Name)
			}
			for _, item := range list {
				writeObject(out, indent+"  - ", indent+"    ", f.Items, item)
			}
		} else {
			fmt.Fprintf(out, "%s%s: %s\n", lead, f.Name, scalar(f, v))
		}
		lead = indent
	}
}

// scalar is a value as YAML writes it: numbers, dates and codes plainly, other texts quoted where they must be.
func scalar(f *schemas.Field, v any) string {
	if f.Type == schemas.FieldInt || f.Type == schemas.FieldDecimal || f.Format == "date" {
		return text(v)
	}
	raw, err := yaml.Marshal(text(v))
	if err != nil {
		return fmt.Sprintf("%q", text(v))
	}
	return strings.TrimSpace(string(raw))
}
