package form

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vitrine/schemas"
)

// control is a field as the templates show it.
type control struct {
	// Kind is select, text, number, date, time, url, yesno, lines or rows.
	Kind              string
	Name, ID          string
	Label             string
	Help, Error       string
	Value             string
	Required          bool
	Options           []option
	Rule              string // what the script checks: int, decimal, siren, ref …
	Min, Max, MaxLen  string
	Suggestions       []string // of a code, from the lab's recent entries
	Remember          bool     // the script fills it in with what was chosen last
	Rows              [][]control
	List              string // name of a list, for the button that adds a row
	Count             int
	Wide, Placeholder string
}

type option struct {
	Value, Label string
	Selected     bool
}

// Describe are the ids of what belongs to a control, for aria-describedby.
func (c control) Describe() string {
	var ids []string
	if c.Help != "" {
		ids = append(ids, c.ID+"-help")
	}
	if c.Error != "" {
		ids = append(ids, c.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// newControl names one; its id has no dots, so that style sheets and links can use it.
func newControl(kind, name, label string, in url.Values, wrong map[string]string) control {
	return control{Kind: kind, Name: name, ID: strings.ReplaceAll(name, ".", "-"), Label: label, Value: in.Get(name), Error: wrong[name]}
}

// builder makes the controls of one form.
type builder struct {
	t     texts
	in    url.Values
	wrong map[string]string
	// used are the codes of the lab's recent entries, by field.
	used map[string][]string
}

// whenControls ask for the time.
func (b *builder) whenControls(k schemas.Kind) []control {
	add := func(kind, name, label, help, rule string, required bool) control {
		c := newControl(kind, name, b.t.must(label), b.in, b.wrong)
		c.Required, c.Rule = required, rule
		if help != "" {
			c.Help = b.t.must(help)
		}
		return c
	}
	date := add("date", inDate, "when.date", "", "date", true)
	switch k.Name {
	case "finance.period.reported":
		date.Label, date.Help = b.t.must("when.lastday"), b.t.must("when.lastday.help")
	case "partnership.signed":
		date.Label = b.t.must("when.effect")
	case "session.announced":
		date.Label = b.t.must("when.announced")
	}
	switch timingOf(k) {
	case onDay:
		return []control{date}
	case atTime:
		return []control{date, add("time", inStart, "when.clock", "", "clock", false)}
	}
	start := add("time", inStart, "when.start", "", "clock", true)
	end := add("time", inEnd, "when.end", "", "clock", endRequired(k) && timingOf(k) == lasting)
	all := []control{date, start, end}
	if timingOf(k) == used {
		duration := add("text", inDuration, "when.duration", "when.duration.help", "duration", false)
		all = append(all, duration)
	}
	return append(all, add("date", inEndDate, "when.enddate", "when.enddate.help", "date", false))
}

// fieldControls ask for the data.
func (b *builder) fieldControls(fields []schemas.Field) []control {
	var out []control
	for _, f := range fields {
		switch {
		case f.Name == "end":
		case f.Name == "companies":
			out = append(out, b.companies(f)...)
		case f.Type == schemas.FieldList:
			out = append(out, b.list(f))
		default:
			out = append(out, b.field(f, inputName(f.Name)))
		}
	}
	return out
}

func (b *builder) companies(f schemas.Field) []control {
	name := inputName(f.Name)
	numbers := newControl("lines", name, b.t.must("companies.numbers"), b.in, b.wrong)
	numbers.Help, numbers.Rule, numbers.Required = b.t.must("companies.help"), "companies", f.Required
	numbers.Placeholder = "552 100 554"
	codes := newControl("lines", name+codesSuffix, b.t.must("companies.codes"), b.in, b.wrong)
	codes.Help, codes.Rule = b.t.must("companies.codes.help"), "refs"
	if f.Required { // either will do, which the door judges
		numbers.Required = false
		numbers.Help = b.t.must("companies.required") + " " + numbers.Help
	}
	return []control{numbers, codes}
}

func (b *builder) list(f schemas.Field) control {
	name := inputName(f.Name)
	c := newControl("rows", name, b.t.say(f.Title), b.in, b.wrong)
	c.List, c.Count, c.Required = f.Name, rowsOf(b.in, f), f.Required
	for i := range c.Count {
		var row []control
		for _, sub := range f.Items {
			cell := b.field(sub, fmt.Sprintf("%s.%d.%s", name, i, sub.Name))
			cell.Required, cell.Remember, cell.Help = false, false, ""
			row = append(row, cell)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func (b *builder) field(f schemas.Field, name string) control {
	c := newControl("text", name, b.t.say(f.Title), b.in, b.wrong)
	c.Required = f.Required
	switch f.Type {
	case schemas.FieldCode:
		c.Kind, c.Remember = "select", f.Required
		for _, term := range f.Terms {
			c.Options = append(c.Options, option{Value: term.Code, Label: b.t.say(term.Label), Selected: term.Code == c.Value})
		}
	case schemas.FieldBool:
		c.Kind = "yesno"
		c.Options = []option{{"true", b.t.must("yes"), c.Value == "true"}, {"false", b.t.must("no"), c.Value == "false"}}
	case schemas.FieldInt, schemas.FieldDecimal:
		c.Kind, c.Rule = "number", "decimal"
		if f.Type == schemas.FieldInt {
			c.Rule = "int"
		}
		c.Min, c.Max = f.Min.String(), f.Max.String()
		if bound := *f.Max; bound.Less(schemas.Int(1000)) { // bounds that nobody meets only disturb
			c.Help = b.t.must("help.range", "min", grouped(c.Min, b.t.lang), "max", grouped(c.Max, b.t.lang))
		}
		if f.Name == "downtime_s" {
			c.Help = b.t.must("help.seconds")
		}
	case schemas.FieldTime:
		c.Kind = "datetime-local"
	case schemas.FieldText:
		b.text(f, &c)
	}
	return c
}

func (b *builder) text(f schemas.Field, c *control) {
	c.Rule = f.Format
	switch f.Format {
	case "date":
		c.Kind = "date"
	case "url":
		c.Kind, c.Placeholder = "url", "https://"
	case "ref":
		c.Suggestions, c.MaxLen = b.used[f.Name], "80"
		c.Remember = f.Name == "machine"
		c.Help = b.t.must("help.ref")
		if text, ok := b.t.rows["help.ref."+f.Name]; ok {
			c.Help = text
		}
	case "":
		c.Wide = "wide"
		c.MaxLen = strconv.Itoa(f.MaxLen)
		c.Help = b.t.must("help.text")
	}
}

// codesUsed are the codes that a lab's recent entries name, by field, so that they needn't be
// remembered and typed again.
func codesUsed(k schemas.Kind, recent []shownEntry) map[string][]string {
	// A partnership is ended under the code that it was signed with, a machine replaced by its code.
	same := map[string]string{"replaces": "machine"}
	out := map[string][]string{}
	note := func(field string, data map[string]any) {
		code, _ := data[cmp.Or(same[field], field)].(string)
		if code != "" && !slices.Contains(out[field], code) && len(out[field]) < 30 {
			out[field] = append(out[field], code)
		}
	}
	for _, e := range recent {
		var data map[string]any
		if json.Unmarshal(e.Data, &data) != nil {
			continue
		}
		for _, f := range k.Fields() {
			if f.Format == "ref" {
				note(f.Name, data)
			}
			for _, sub := range f.Items {
				if sub.Format == "ref" && f.Name != "companies" {
					note(sub.Name, data)
				}
			}
		}
	}
	return out
}
