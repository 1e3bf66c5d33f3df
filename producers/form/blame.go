package form

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vitrine/schemas"
)

// blame finds the inputs of what the door refused. What was found wrong before the door goes first.
func (out *typed) blame(k schemas.Kind, invalid *schemas.Invalid, endField string, lists map[string][]typedLine, t texts) {
	fields := k.Fields()
	for _, p := range invalid.Problems {
		name, line, field := place(p.Field, fields, endField, lists)
		if _, known := out.wrong[name]; known || name == inEnd && out.wrong[inDuration].key != "" {
			continue
		}
		out.wrong[name] = problemAt{text: t.refusal(p, field, fields), line: line}
	}
}

// place is the input of a door's field, with its line, and the field itself.
func place(path string, fields []schemas.Field, endField string, lists map[string][]typedLine) (string, int, *schemas.Field) {
	switch path {
	case "time":
		return inDate, 0, nil
	case "data.end":
		return endField, 0, nil
	}
	rest, isData := strings.CutPrefix(path, "data.")
	if !isData {
		return "", 0, nil
	}
	name, sub, _ := strings.Cut(rest, ".")
	name, index, inList := strings.Cut(name, "[")
	at := slices.IndexFunc(fields, func(f schemas.Field) bool { return f.Name == name })
	if at < 0 {
		return "", 0, nil
	}
	f := &fields[at]
	if !inList {
		return inputName(name), 0, f
	}
	n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || n < 0 || n >= len(lists[name]) {
		return inputName(name), 0, f
	}
	line := lists[name][n]
	for i := range f.Items {
		if f.Items[i].Name == sub {
			f = &f.Items[i]
			break
		}
	}
	if line.line > 0 {
		return line.name, line.line, f
	}
	if sub == "" {
		return inputName(name), 0, f
	}
	return line.name + "." + sub, 0, f
}

// refusal is a door's problem in the words of a form.
func (t texts) refusal(p schemas.Problem, f *schemas.Field, fields []schemas.Field) string {
	switch p.Code {
	case schemas.CodeMissing:
		if f != nil && f.Type == schemas.FieldList {
			return t.must("wrong.list")
		}
		if f != nil && f.Name == "replaces" {
			return t.must("wrong.replaces")
		}
		return t.must("wrong.missing")
	case schemas.CodeFuture:
		return t.must("wrong.future")
	case schemas.CodePersonal:
		return t.must("wrong.personal", "what", t.say(p.Expected))
	}
	if f != nil {
		switch {
		case f.Min != nil && p.Code == schemas.CodeRange:
			return t.must("wrong.range", "min", grouped(f.Min.String(), t.lang), "max", grouped(f.Max.String(), t.lang))
		case p.Code == schemas.CodeFormat && f.Format != "":
			if text, ok := t.rows["wrong.format."+f.Format]; ok {
				return text
			}
		}
	}
	expected := fieldPattern.ReplaceAllStringFunc(t.say(p.Expected), func(word string) string { // "au plus attendees (12)"
		for _, other := range fields {
			if other.Name == word {
				return fmt.Sprintf(map[schemas.Lang]string{schemas.French: "« %s »", schemas.English: "“%s”"}[t.lang], t.say(other.Title))
			}
		}
		return word
	})
	return typeset(t.must("wrong.other", "name", capital(t.say(schemas.ProblemName(p.Code))), "expected", expected), t.lang)
}

// fieldPattern finds what may be a field's name in a sentence.
var fieldPattern = regexp.MustCompile(`[a-z][a-z0-9_]+`)

func capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// wordings are what is wrong in words, by input.
func (t texts) wordings(wrong map[string]problemAt) map[string]string {
	out := map[string]string{}
	for name, p := range wrong {
		text := p.text
		switch {
		case p.key != "":
			text = t.must(p.key)
		case text == "":
			text = t.must("wrong.expected", "expected", t.say(p.expected))
		}
		if p.line > 0 {
			text = t.must("wrong.line", "line", strconv.Itoa(p.line), "what", text)
		}
		out[name] = text
	}
	return out
}
