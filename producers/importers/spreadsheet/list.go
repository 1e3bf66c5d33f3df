package spreadsheet

import (
	"fmt"
	"slices"
	"strings"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// list reads the items of a list from its columns into the data.
func (r *rowReader) list(f schemas.Field) {
	var items []map[string]any
	if code, amount, ok := amounts(f); ok {
		items = r.amounts(f, code, amount)
	} else if slices.ContainsFunc(f.Items, func(item schemas.Field) bool { return item.Format == "siren" }) {
		items = r.companies(f)
	} else {
		items = r.aligned(f)
	}
	if len(items) > 0 {
		r.data[f.Name] = items
	}
}

// amounts reads a list of which each code has a column.
func (r *rowReader) amounts(list, code, amount schemas.Field) (items []map[string]any) {
	for _, term := range code.Terms {
		key := list.Name + "=" + term.Code
		if v, given := r.value(key, amount); given {
			items = append(items, map[string]any{code.Name: term.Code, amount.Name: v})
			r.itemKeys[list.Name] = append(r.itemKeys[list.Name], key)
		}
	}
	return items
}

// companies reads companies: each number or code is one, those in one column after those in the other. What
// else is said of them must be said of each, in this order.
func (r *rowReader) companies(list schemas.Field) (items []map[string]any) {
	fields := map[string]schemas.Field{}
	for _, f := range list.Items {
		fields[f.Name] = f
	}
	for _, name := range []string{"siren", "siret", "ref"} {
		key := list.Name + "." + name
		c, given := r.cell(key)
		if !given {
			continue
		}
		for _, text := range entry.Split(fields[name], c.text) {
			field := name
			if name == "siren" && countDigits(text) == 14 {
				field = "siret" // the whole number of an establishment
			}
			v, given, err := entry.Value(fields[field], text)
			if err != nil {
				r.fail(key, err)
				continue
			}
			if given {
				items = append(items, map[string]any{field: v})
				r.itemKeys[list.Name] = append(r.itemKeys[list.Name], key)
			}
		}
	}
	for _, f := range list.Items {
		if f.Name != "siren" && f.Name != "siret" && f.Name != "ref" {
			r.alongside(list, f, items)
		}
	}
	return items
}

// alongside reads a column that says something of each of a list's items.
func (r *rowReader) alongside(list, f schemas.Field, items []map[string]any) {
	key := list.Name + "." + f.Name
	c, given := r.cell(key)
	if !given {
		return
	}
	texts := r.split(key, f, c.text)
	for len(texts) > len(items) && texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	for _, dependsOn := range list.Items {
		if r.failed[list.Name+"."+dependsOn.Name] {
			return // how many there are isn't known
		}
	}
	if len(items) == 0 && list.MinItems > 0 {
		return // the door says that they are missing
	}
	if len(texts) != len(items) {
		r.problem(key, schemas.CodeOrder, fmt.Sprint(len(texts)), schemas.Text{
			FR: fmt.Sprintf("autant de valeurs que d'éléments (%d), séparées par des points-virgules, vides au besoin", len(items)),
			EN: fmt.Sprintf("as many values as items (%d), with semicolons between them, blank where there is none", len(items))})
		return
	}
	for i, text := range texts {
		if text == "" {
			continue
		}
		v, given, err := r.valueOf(key, f, cell{text: text})
		if err != nil {
			r.fail(key, err)
		} else if given {
			items[i][f.Name] = v
		}
	}
}

// aligned reads a list whose first filled required column says how many items there are, and the others what else is of each.
func (r *rowReader) aligned(list schemas.Field) (items []map[string]any) {
	required := slices.IndexFunc(list.Items, func(f schemas.Field) bool { return f.Required })
	if required < 0 {
		return nil
	}
	main := list.Items[required]
	key := list.Name + "." + main.Name
	if c, given := r.cell(key); given {
		for _, text := range r.split(key, main, c.text) {
			if text == "" {
				continue
			}
			v, given, err := r.valueOf(key, main, cell{text: text})
			if err != nil {
				r.fail(key, err)
			} else if given {
				items = append(items, map[string]any{main.Name: v})
				r.itemKeys[list.Name] = append(r.itemKeys[list.Name], key)
			}
		}
	}
	for i, f := range list.Items {
		if i != required {
			r.alongside(list, f, items)
		}
	}
	return items
}

// split parts a cell into items. Names of codes may hold commas and slashes: these part codes only where each part is
// one, and the whole is none.
func (r *rowReader) split(key string, f schemas.Field, text string) []string {
	items := entry.Split(f, text)
	if f.Type != schemas.FieldCode || len(items) != 1 {
		return items
	}
	known := func(text string) bool {
		_, err := r.code(r.kind.Name+" "+key, f.Terms, text, nil)
		return err == nil || r.cfg.Mapping.value(key, text) != ""
	}
	if known(items[0]) {
		return items
	}
	parts := strings.FieldsFunc(items[0], func(c rune) bool { return c == ',' || c == '/' })
	for i := range parts {
		if parts[i] = strings.TrimSpace(parts[i]); !known(parts[i]) {
			return items
		}
	}
	return parts
}

func countDigits(s string) (n int) {
	for _, c := range s {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}
