package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// object checks a parsed object against its shape and reads its values.
func (d *decoder) object(path string, shape *object, in map[string]any) Values {
	out := Values{shape: shape, slots: make([]slot, len(shape.fields))}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if _, known := shape.byName[name]; !known {
			d.problem(join(path, name), CodeUnknown, nil, Text{FR: "un champ parmi " + shape.names(), EN: "one of " + shape.names()})
		}
	}
	for i := range shape.fields {
		f := &shape.fields[i]
		at := join(path, f.name)
		v, given := in[f.name]
		if !given || v == nil {
			if f.required {
				d.problem(at, CodeMissing, nil, f.expected())
			}
			continue
		}
		d.value(at, i, v, &out)
		if f.typ == typeInt && out.slots[i].given { // 7.0 and 7e0 are 7: whoever reads the data into an integer knows no others
			in[f.name] = json.Number(out.slots[i].number.String())
		}
	}
	return out
}

func (o *object) names() string {
	names := make([]string, len(o.fields))
	for i, f := range o.fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

func (d *decoder) value(at string, position int, v any, out *Values) {
	f, to := &out.shape.fields[position], &out.slots[position]
	switch f.typ {
	case typeInt, typeDecimal:
		n, isNumber := v.(json.Number)
		if !isNumber {
			d.problem(at, CodeType, v, f.expected())
			return
		}
		x, err := ParseDecimal(n.String())
		switch {
		case err != nil, f.typ == typeInt && !x.IsInt():
			d.problem(at, CodeFormat, n, f.expected())
		case f.min != nil && x.Less(*f.min), f.max != nil && f.max.Less(x):
			d.problem(at, CodeRange, n, f.expected())
		default:
			to.number, to.given = x, true
		}
	case typeBool:
		b, isBool := v.(bool)
		if !isBool {
			d.problem(at, CodeType, v, f.expected())
			return
		}
		to.code = strconv.FormatBool(b)
	case typeList:
		out.lists = d.list(at, position, f, v, out.lists)
	default:
		s, isString := v.(string)
		if !isString {
			d.problem(at, CodeType, v, f.expected())
			return
		}
		if f.typ == typeCode {
			if i := slices.Index(f.codes, s); i < 0 {
				d.problem(at, CodeValue, s, f.expected())
			} else {
				to.code, to.term = f.codes[i], int16(i+1)
			}
			return
		}
		to.code = d.string(at, f, s)
	}
}

// list adds the list at a position to those of its object.
func (d *decoder) list(at string, position int, f *field, v any, lists []list) []list {
	given, isList := v.([]any)
	if !isList {
		d.problem(at, CodeType, jsonType(v), f.expected())
		return lists
	}
	if len(given) < f.minItems || len(given) > maxItems {
		d.problem(at, CodeRange, len(given), f.expected())
		return lists
	}
	if len(given) == 0 {
		return lists
	}
	items := make([]Values, 0, len(given))
	for i, item := range given {
		itemAt := fmt.Sprintf("%s[%d]", at, i)
		object, isObject := item.(map[string]any)
		if !isObject {
			d.problem(itemAt, CodeType, jsonType(item), Text{FR: "un objet", EN: "an object"})
			continue
		}
		items = append(items, d.object(itemAt, f.items, object))
	}
	return append(lists, list{position, items})
}

// string is the code that a string from no closed list is; empty for free text, and if there is something wrong with it.
func (d *decoder) string(at string, f *field, s string) string {
	switch {
	case f.typ == typeTime:
		if _, ok := d.instant(at, s); !ok {
			return ""
		}
		return s
	case f.format == "siren", f.format == "siret":
		compact := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(s)
		if f.format == "siren" && !validSIREN(compact) || f.format == "siret" && !validSIRET(compact) {
			d.problem(at, CodeFormat, s, f.expected())
			return ""
		}
		return compact
	case f.format != "":
		return d.formatted(at, f, s)
	}
	if f.required && strings.TrimSpace(s) == "" {
		d.problem(at, CodeMissing, nil, f.expected())
		return ""
	}
	d.checkText(at, s, f.maxLen)
	return ""
}

// formatted is the code that a string of a certain form is; a link is none.
func (d *decoder) formatted(at string, f *field, s string) string {
	if !formats()[f.format].valid(s) {
		d.problem(at, CodeFormat, s, f.expected())
		return ""
	}
	switch f.format {
	case "url": // it may hold long numbers; it may not hold an address
		if strings.Contains(s, "@") {
			d.problem(at, CodePersonal, nil, Text{FR: "un lien sans « @ »", EN: "a link without “@”"})
		}
		return ""
	case "ref": // a UUID's digits may look like a phone number
		if uuid.Validate(s) != nil && !d.checkText(at, s, defaultMaxLen) {
			return ""
		}
	}
	return s
}

// checkText refuses over-long text, control characters and personal data.
func (d *decoder) checkText(at, s string, maxLen int) bool {
	if n := utf8.RuneCountInString(s); n > maxLen {
		d.problem(at, CodeRange, s, Text{FR: fmt.Sprintf("au plus %d caractères", maxLen), EN: fmt.Sprintf("at most %d characters", maxLen)})
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		d.problem(at, CodeFormat, nil, Text{FR: "un texte sans caractère de contrôle", EN: "text without control characters"})
		return false
	}
	if what, clean := personal(s); !clean {
		d.problem(at, CodePersonal, nil, what) // without an excerpt: it would be spread by the message
		return false
	}
	return true
}

// format is a form that a string may have to keep.
type format struct {
	pattern *regexp.Regexp
	check   func(string) bool // beyond the pattern; may be nil
	help    Text
}

func (f format) valid(s string) bool {
	return f.pattern.MatchString(s) && (f.check == nil || f.check(s))
}

// formats are the forms by the name that the tags use; siren and siret are in siren.go.
func formats() map[string]format { return formatTable }

var formatTable = map[string]format{
	"ref":        {regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,79}$`), nil, Text{FR: "un code de lettres sans accent, chiffres et . _ : / -, au plus 80", EN: "a code of letters, digits and . _ : / -, at most 80"}},
	"url":        {regexp.MustCompile(`^https?://[^\s"<>\x00-\x1f\x7f-\x9f]{3,490}$`), nil, Text{FR: "un lien http(s)", EN: "an http(s) link"}},
	"date":       {regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), validDate, Text{FR: "une date AAAA-MM-JJ", EN: "a date YYYY-MM-DD"}},
	"period":     {regexp.MustCompile(`^20[0-9]{2}-(Q[1-4]|(0[1-9]|1[0-2]))$`), nil, Text{FR: "un trimestre ou un mois, par exemple 2026-Q1 ou 2026-03", EN: "a quarter or a month, such as 2026-Q1 or 2026-03"}},
	"indicator":  {regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,15}$`), nil, Text{FR: "un code d'indicateur, par exemple D01", EN: "an indicator code such as D01"}},
	"segment":    {regexp.MustCompile(`^[a-z_]+=[A-Za-z0-9._:/\-]{1,80}$`), nil, Text{FR: "une dimension et une valeur, par exemple audience=companies", EN: "a dimension and a value, such as audience=companies"}},
	"zone":       {regexp.MustCompile(`^[A-Z][A-Za-z_]+(/[A-Za-z_\-]+)+$`), validZone, Text{FR: "un fuseau IANA, par exemple Indian/Reunion", EN: "an IANA zone such as Indian/Reunion"}},
	"insee":      {regexp.MustCompile(`^[0-9][0-9AB][0-9]{3}$`), nil, Text{FR: "un code INSEE de commune, par exemple 2A004", EN: "an INSEE commune code such as 2A004"}},
	"department": {regexp.MustCompile(`^([0-9][0-9AB]|9[78][0-9])$`), nil, Text{FR: "un code de département, par exemple 29, 2A ou 974", EN: "a département code such as 29, 2A or 974"}},
	"siren":      {regexp.MustCompile("^[0-9 \u00a0\u202f]{9,20}$"), nil, Text{FR: "un SIREN : 9 chiffres, clé de Luhn juste", EN: "a SIREN: 9 digits with a right Luhn sum"}},
	"siret":      {regexp.MustCompile("^[0-9 \u00a0\u202f]{14,26}$"), nil, Text{FR: "un SIRET : 14 chiffres, clé de Luhn juste", EN: "a SIRET: 14 digits with a right Luhn sum"}},
}

func validDate(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1970 && t.Year() <= 2148
}

func validZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil
}

// expected says what a field wants, in both languages.
func (f *field) expected() Text {
	switch {
	case f.typ == typeCode:
		list := strings.Join(f.codes, ", ")
		return Text{FR: "un code parmi " + list, EN: "one of " + list}
	case f.typ == typeTime:
		return attributeHelp["time"]
	case f.typ == typeBool:
		return Text{FR: "true ou false", EN: "true or false"}
	case f.typ == typeInt:
		return Text{FR: fmt.Sprintf("un entier de %s à %s", f.min, f.max), EN: fmt.Sprintf("an integer from %s to %s", f.min, f.max)}
	case f.typ == typeDecimal:
		return Text{FR: fmt.Sprintf("un nombre de %s à %s, 6 décimales au plus", f.min, f.max), EN: fmt.Sprintf("a number from %s to %s with at most 6 decimals", f.min, f.max)}
	case f.typ == typeList:
		return Text{FR: fmt.Sprintf("une liste de %d à %d éléments", f.minItems, maxItems), EN: fmt.Sprintf("an array of %d to %d items", f.minItems, maxItems)}
	case f.format != "":
		return formats()[f.format].help
	}
	return Text{FR: fmt.Sprintf("un texte d'au plus %d caractères", f.maxLen), EN: fmt.Sprintf("text of at most %d characters", f.maxLen)}
}
