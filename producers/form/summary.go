package form

import (
	"encoding/json"
	"strings"
	"time"

	"vitrine/schemas"
)

// summary says an event's data in a line: its codes by name, its title, its counts.
func (t texts) summary(k schemas.Kind, raw json.RawMessage) string {
	var data map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&data) != nil {
		return ""
	}
	var parts []string
	codes := 0
	for _, f := range k.Fields() {
		v, given := data[f.Name]
		if !given {
			continue
		}
		switch v := v.(type) {
		case string:
			switch {
			case f.Type == schemas.FieldCode && codes < 3:
				codes++
				parts = append(parts, t.say(labelOf(f, v)))
			case f.Format == "ref" || f.Name == "title" || f.Name == "partner":
				parts = append(parts, v)
			}
		case json.Number:
			parts = append(parts, t.must("summary.field", "name", t.say(f.Title), "value", grouped(v.String(), t.lang)))
		case []any:
			parts = append(parts, t.must("summary.field", "name", t.say(f.Title), "value", number(float64(len(v)), t.lang)))
		}
		if len(parts) == 4 {
			break
		}
	}
	return strings.Join(parts, " · ")
}

func labelOf(f schemas.Field, code string) schemas.Text {
	for _, term := range f.Terms {
		if term.Code == code {
			return term.Label
		}
	}
	return schemas.Text{FR: code, EN: code}
}

// happened says when, from start to end where it has one.
func (t texts) happened(k schemas.Kind, start time.Time, raw json.RawMessage, zone *time.Location) string {
	start = start.In(zone)
	day := t.date(start)
	if timingOf(k) == onDay {
		return day
	}
	var data struct {
		End *time.Time `json:"end"`
	}
	if json.Unmarshal(raw, &data) != nil || data.End == nil {
		if timingOf(k) == atTime && start.Hour() == 12 && start.Minute() == 0 {
			return day // nobody said at what time
		}
		return t.must("when.from", "date", day, "start", t.clock(start))
	}
	end := data.End.In(zone)
	if end.YearDay() == start.YearDay() && end.Year() == start.Year() {
		return t.must("when.fromto", "date", day, "start", t.clock(start), "end", t.clock(end))
	}
	return t.must("when.overnight", "date", day, "start", t.clock(start), "enddate", t.date(end), "end", t.clock(end))
}
