package form

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vitrine/schemas"
)

// fillForm fills a form in with an entry, for a correction.
func fillForm(k schemas.Kind, e Entry, zone *time.Location, l schemas.Lang) (url.Values, error) {
	in := url.Values{}
	in.Set(inID, e.ID.String())
	in.Set(inRevision, strconv.FormatInt(e.Revision+1, 10))
	in.Set(inSystem, e.System)
	var data map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(e.Data)))
	decoder.UseNumber()
	if err := decoder.Decode(&data); err != nil {
		return nil, fmt.Errorf("form: read the data of %s: %w", e.ID, err)
	}
	var end *time.Time
	if s, given := data["end"].(string); given {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			end = &t
		}
	}
	writeWhen(k, in, e.Time, end, zone)
	for _, f := range k.Fields() {
		v, given := data[f.Name]
		if !given || f.Name == "end" {
			continue
		}
		if f.Type != schemas.FieldList {
			in.Set(inputName(f.Name), wroteField(f, v, zone, l))
			continue
		}
		var items []map[string]any
		list, _ := v.([]any)
		for _, item := range list {
			if m, isObject := item.(map[string]any); isObject {
				items = append(items, m)
			}
		}
		if f.Name == "companies" {
			numbers, codes := writeCompanies(items)
			in.Set(inputName(f.Name), numbers)
			in.Set(inputName(f.Name)+codesSuffix, codes)
			continue
		}
		in.Set("n."+f.Name, strconv.Itoa(min(maxRows, len(items)+1)))
		for i, item := range items {
			for name, v := range item {
				in.Set(fmt.Sprintf("%s.%d.%s", inputName(f.Name), i, name), wrote(v, l))
			}
		}
	}
	return in, nil
}

// wroteField is a field's value as its control shows it: a time as the lab's clocks show it.
func wroteField(f schemas.Field, v any, zone *time.Location, l schemas.Lang) string {
	if s, isText := v.(string); isText && f.Type == schemas.FieldTime {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			at = at.In(zone)
			if at.Second() != 0 {
				return at.Format("2006-01-02T15:04:05")
			}
			return at.Format("2006-01-02T15:04")
		}
	}
	return wrote(v, l)
}

// wrote is a value as package entry reads it.
func wrote(v any, l schemas.Lang) string {
	switch v := v.(type) {
	case json.Number:
		s := v.String()
		if _, decimals, given := strings.Cut(s, "."); given && len(decimals) == 3 {
			s += "0" // 1,234 could be read in two ways, and would be refused
		}
		if l == schemas.French {
			return strings.Replace(s, ".", ",", 1)
		}
		return s
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	}
	return ""
}
