package form

import (
	"slices"
	"strings"
	"unicode"

	"vitrine/producers/entry"
	"vitrine/schemas"
)

// Companies are typed one a line, since whoever has ten SIRENs pastes them: "552 100 554", and, if
// known, the size class and the NAF section after semicolons. Those without a number are told by the
// lab's own code, in a field of their own.

// codesSuffix follows the list's name in the name of the second field.
const codesSuffix = ".codes"

// typedLine is where an item of a list was typed.
type typedLine struct {
	name string
	line int // from 1; 0: a field of its own
}

// readCompanies reads both fields.
func readCompanies(f schemas.Field, numbers, codes, name string) (items []any, lines []typedLine, wrong map[string]problemAt) {
	wrong = map[string]problemAt{}
	read := func(text, at string, key func(string) string) {
		for i, line := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			parts := strings.Split(line, ";")
			id := strings.TrimSpace(parts[0])
			field := key(id)
			if field == "" {
				wrong[at] = problemAt{key: "wrong.company", line: i + 1}
				continue
			}
			if field != "ref" {
				id = compact(id)
			}
			item := map[string]any{field: id}
			for p, extra := range parts[1:] {
				if extra = strings.TrimSpace(extra); extra == "" {
					continue
				}
				code, known := "", false
				if p < 2 {
					code, known = codeOf(f, []string{"size", "naf"}[p], extra)
				}
				if !known {
					wrong[at] = problemAt{key: "wrong.companyextra", line: i + 1}
					continue
				}
				item[[]string{"size", "naf"}[p]] = code
			}
			items, lines = append(items, item), append(lines, typedLine{name: at, line: i + 1})
		}
	}
	read(numbers, name, func(id string) string {
		switch digits := compact(id); {
		case strings.Trim(digits, "0123456789") != "":
			return ""
		case len(digits) == 9:
			return "siren"
		case len(digits) == 14:
			return "siret"
		}
		return ""
	})
	read(codes, name+codesSuffix, func(string) string { return "ref" })
	return items, lines, wrong
}

// codeOf finds a code by itself or by its name.
func codeOf(list schemas.Field, field, text string) (string, bool) {
	i := slices.IndexFunc(list.Items, func(f schemas.Field) bool { return f.Name == field })
	if i < 0 {
		return "", false
	}
	code, err := entry.Code(list.Items[i].Terms, text)
	return code, err == nil
}

// compact takes out what people part digits with.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' {
			return -1
		}
		return r
	}, s)
}

// writeCompanies is the way back, for a correction.
func writeCompanies(items []map[string]any) (numbers, codes string) {
	var withNumber, withCode []string
	for _, item := range items {
		line, _ := item["ref"].(string)
		number, _ := item["siren"].(string)
		if siret, given := item["siret"].(string); given && siret != "" {
			number = siret
		}
		size, _ := item["size"].(string)
		naf, _ := item["naf"].(string)
		extra := ""
		switch {
		case naf != "":
			extra = " ; " + size + " ; " + naf
		case size != "":
			extra = " ; " + size
		}
		if number != "" {
			withNumber = append(withNumber, number+extra)
		} else {
			withCode = append(withCode, line+extra)
		}
	}
	return strings.Join(withNumber, "\n"), strings.Join(withCode, "\n")
}
