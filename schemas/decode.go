package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MaxAhead is how far in the future an event may lie: clocks differ, and so do time zones.
const MaxAhead = 24 * time.Hour

// earliest is before the first fab lab anywhere; an earlier time is a mistyped year.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Decode is the door: it reads an event from CloudEvents' structured JSON and checks it whole.
// now is when it was received; the stream's own time where it is read again, so that the verdict
// never changes. The error is always an *[Invalid] and lists everything that is wrong, up to a hundred problems.
func Decode(raw []byte, now time.Time) (*Event, error) {
	if len(raw) > MaxEventBytes {
		return nil, invalid(Problem{Code: CodeTooLarge, // by how much isn't known: whoever reads a list keeps no more of an event
			Expected: Text{FR: fmt.Sprintf("au plus %d octets", MaxEventBytes), EN: fmt.Sprintf("at most %d bytes", MaxEventBytes)}})
	}
	tree, err := parseTree(raw)
	if err != nil {
		return nil, invalid(notJSON(err))
	}
	attributes, ok := tree.(map[string]any)
	if !ok {
		return nil, invalid(Problem{Code: CodeType, Found: jsonType(tree), Expected: Text{FR: "un objet JSON (CloudEvents 1.0)", EN: "a JSON object (CloudEvents 1.0)"}})
	}
	d := &decoder{now: now, attributes: attributes, event: &Event{}}
	d.attributesOf()
	d.data()
	if len(d.problems) > 0 {
		e := &Invalid{Lab: d.event.Lab(), Problems: d.problems}
		if e.ID, _ = attributes["id"].(string); uuid.Validate(e.ID) != nil { // a UUID's digits may look like a phone number
			e.ID = Evidence(oneLine.Replace(e.ID), maxFieldName)
		}
		if _, known := KindByName(d.event.Kind()); known {
			e.Kind = d.event.Kind()
		}
		return nil, e
	}
	return d.event, nil
}

func invalid(p Problem) *Invalid { return &Invalid{Problems: []Problem{p}} }

func notJSON(err error) Problem {
	var twice duplicateKey
	if errors.As(err, &twice) {
		return Problem{Field: fieldName(twice.path), Code: CodeDuplicate, Expected: Text{FR: "chaque champ une seule fois", EN: "each field once"}}
	}
	expected := Text{FR: "un événement CloudEvents 1.0 en JSON, complet", EN: "a CloudEvents 1.0 event in JSON, not cut short"}
	var syntax *json.SyntaxError
	var other *notTree
	switch {
	case errors.As(err, &other):
		expected = other.expected
	case errors.As(err, &syntax):
		expected = Text{FR: fmt.Sprintf("un événement CloudEvents 1.0 en JSON ; erreur vers l'octet %d", syntax.Offset),
			EN: fmt.Sprintf("a CloudEvents 1.0 event in JSON; the error is near byte %d", syntax.Offset)}
	}
	return Problem{Code: CodeNotJSON, Expected: expected}
}

// decoder checks one event. It goes on after a problem, so that all are reported at once.
type decoder struct {
	now        time.Time
	attributes map[string]any
	event      *Event
	problems   []Problem
}

// maxProblems bounds what is said about one event. Nobody corrects more at once, and an event of 256 KiB could
// have 37,000 fields that no kind knows, with a sentence about each.
const maxProblems = 100

func (d *decoder) problem(field, code string, found any, expected Text) {
	if len(d.problems) == maxProblems {
		return
	}
	p := Problem{Field: fieldName(field), Code: code, Expected: expected}
	if found != nil {
		p.Found = excerpt(found)
	}
	d.problems = append(d.problems, p)
}

// maxFieldName bounds a field's path in a message, in bytes: the sender chose the name of one that isn't known.
const maxFieldName = 120

func fieldName(path string) string { return Evidence(oneLine.Replace(path), maxFieldName) }

var oneLine = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")

// attributesKnown are CloudEvents' attributes and ours.
var attributesKnown = append([]string{"specversion", "id", "source", "type", "time", "dataschema", "datacontenttype",
	"revision", "retracted", "reason", "data"}, attributesUnread...)

// attributesUnread are those that say nothing to us. traceparent and tracestate are CloudEvents' distributed-tracing
// extension: tools add them.
var attributesUnread = []string{"subject", "traceparent", "tracestate"}

func (d *decoder) attributesOf() {
	for _, name := range slices.Sorted(maps.Keys(d.attributes)) { // the same problems each time
		switch {
		case !slices.Contains(attributesKnown, name):
			d.problem(name, CodeUnknown, nil, Text{FR: "un attribut de CloudEvents 1.0, ou revision, retracted, reason", EN: "an attribute of CloudEvents 1.0, or revision, retracted, reason"})
		case d.attributes[name] == nil: // not set, as some libraries write it (CloudEvents 1.0, JSON format, 2.2)
			delete(d.attributes, name)
		}
	}
	e := d.event
	if e.SpecVersion = d.text("specversion", true); e.SpecVersion != "1.0" && e.SpecVersion != "" {
		d.problem("specversion", CodeValue, e.SpecVersion, Text{FR: "1.0", EN: "1.0"})
	}
	if s := d.text("id", true); s != "" {
		id, err := uuid.Parse(s)
		if err != nil || len(s) != 36 || id == uuid.Nil {
			d.problem("id", CodeFormat, s, Text{FR: "un UUID, par exemple 0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11", EN: "a UUID such as 0192f0c1-7c1e-7a3b-8a55-0c6f3e0f9d11"})
		}
		e.ID = id
	}
	if e.Source = d.text("source", true); e.Source != "" && e.Lab() == "" {
		d.problem("source", CodeFormat, e.Source, Text{FR: "/labs/{lab} ou /labs/{lab}/{système}, en minuscules, chiffres et tirets", EN: "/labs/{lab} or /labs/{lab}/{system}, in lower-case letters, digits and dashes"})
	}
	e.source, e.lab = e.Source, e.Lab()
	if e.Type = d.text("type", true); e.Type != "" {
		if k, known := KindByName(e.Kind()); !known || TypePrefix+k.Name != e.Type {
			d.problem("type", CodeValue, e.Type, Text{FR: "un type de Vitrine, par exemple org.vitrine.training.held", EN: "one of Vitrine's types, such as org.vitrine.training.held"})
		}
	}
	if s := d.text("time", true); s != "" {
		if t, ok := d.instant("time", s); ok {
			e.Time = t
			if t.After(d.now.Add(MaxAhead)) {
				d.problem("time", CodeFuture, s, Text{FR: "au plus 24 h après maintenant (" + d.now.UTC().Format(time.RFC3339) + ")", EN: "at most 24 h from now (" + d.now.UTC().Format(time.RFC3339) + ")"})
			}
		}
	}
	if e.DataSchema = d.text("dataschema", false); e.DataSchema != "" && e.DataSchema != SchemaID(e.Kind()) {
		d.problem("dataschema", CodeValue, e.DataSchema, Text{FR: SchemaID(e.Kind()), EN: SchemaID(e.Kind())})
	}
	if s := d.text("datacontenttype", false); s != "" && s != "application/json" {
		d.problem("datacontenttype", CodeValue, s, Text{FR: "application/json", EN: "application/json"})
	}
	if v, given := d.attributes["revision"]; given {
		n, isNumber := v.(json.Number)
		r, err := strconv.ParseInt(n.String(), 10, 64)
		if !isNumber || err != nil || r < 0 || r > MaxRevision {
			d.problem("revision", CodeRange, v, Text{FR: "un entier de 0 à 2147483647", EN: "an integer from 0 to 2147483647"})
		}
		e.Revision = r
	}
	if v, given := d.attributes["retracted"]; given {
		var isBool bool
		if e.Retracted, isBool = v.(bool); !isBool {
			d.problem("retracted", CodeType, v, Text{FR: "true ou false", EN: "true or false"})
		}
	}
	e.Reason = d.text("reason", false)
	for _, name := range attributesUnread { // but kept with the event
		d.text(name, false)
	}
}

// text reads a string attribute, checked for length and personal data.
func (d *decoder) text(name string, required bool) string {
	v, given := d.attributes[name]
	if !given {
		if required {
			d.problem(name, CodeMissing, nil, attributeHelp[name])
		}
		return ""
	}
	s, isString := v.(string)
	if !isString {
		d.problem(name, CodeType, jsonType(v), Text{FR: "un texte", EN: "a string"})
		return ""
	}
	if required && s == "" {
		d.problem(name, CodeMissing, nil, attributeHelp[name])
	}
	if !digitsOnly(name, s) && !d.checkText(name, s, defaultMaxLen) {
		return ""
	}
	return s
}

// digitsOnly says that an attribute can't hold personal data though its digits may look like a phone
// number: about one UUID in 2,000 does, one time with nanoseconds in 75, and a trace's id or state as often as a UUID.
func digitsOnly(name, s string) bool {
	switch name {
	case "id":
		return uuid.Validate(s) == nil
	case "time":
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	case "traceparent":
		return traceParent.MatchString(s)
	case "tracestate":
		return len(s) <= maxTraceState && traceState.MatchString(s)
	}
	return false
}

// What W3C's Trace Context lets tracing tools write (3.2 in version 00, and 3.3). Values of a trace's state may be any printable text there; those of the tools that we
// know are numbers, hexadecimal or in base 64.
var (
	traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	traceState  = regexp.MustCompile(`^[a-z0-9_*/@-]+=[0-9A-Za-z_:;.~+/-]+( ?,[\t ]?[a-z0-9_*/@-]+=[0-9A-Za-z_:;.~+/-]+)*$`)
)

// maxTraceState is how many bytes of a trace's state the standard has everybody pass on.
const maxTraceState = 512

var attributeHelp = map[string]Text{
	"specversion": {FR: "1.0", EN: "1.0"},
	"id":          {FR: "un UUID", EN: "a UUID"},
	"source":      {FR: "/labs/{lab}", EN: "/labs/{lab}"},
	"type":        {FR: "un type, par exemple org.vitrine.training.held", EN: "a type such as org.vitrine.training.held"},
	"time":        {FR: "une date et heure RFC 3339 avec décalage, par exemple 2026-03-12T18:00:00+01:00", EN: "an RFC 3339 time with offset, such as 2026-03-12T18:00:00+01:00"},
}

// instant reads an RFC 3339 time with its offset, no earlier than 2000.
func (d *decoder) instant(name, s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !strictTime(s) {
		d.problem(name, CodeFormat, s, attributeHelp["time"])
		return time.Time{}, false
	}
	if t.Before(earliest) || t.Year() > 2148 { // ClickHouse's Date ends in 2149
		d.problem(name, CodeRange, s, Text{FR: "une date de 2000 à 2148", EN: "a time from 2000 to 2148"})
		return time.Time{}, false
	}
	return t, true
}

// strictTime refuses what RFC 3339 doesn't have and time.Parse lets through: a comma, hours of one digit, and
// offsets of 24:00 and more or of 60 minutes, with which the time couldn't be written again.
func strictTime(s string) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || s[13] != ':' || strings.Contains(s, ",") {
		return false
	}
	_, offset, given := strings.Cut(s[len("2006-01-02T15:04:05"):], "+")
	if !given {
		_, offset, given = strings.Cut(s[len("2006-01-02T15:04:05"):], "-")
	}
	return !given || offset < "24" && offset[3:] < "60"
}

func (d *decoder) data() {
	e := d.event
	v, given := d.attributes["data"]
	if !given || v == nil {
		if !e.Retracted {
			expected := Text{FR: "les données de l'événement", EN: "the event's data"}
			if e.Kind() != "" { // else it is missing, too
				expected = Text{FR: "les données du type " + e.Kind(), EN: "the data of kind " + e.Kind()}
			}
			d.problem("data", CodeMissing, nil, expected)
		}
		return
	}
	kind, known := KindByName(e.Kind())
	if !known {
		return // said already
	}
	object, isObject := v.(map[string]any)
	if !isObject {
		d.problem("data", CodeType, jsonType(v), Text{FR: "un objet", EN: "an object"})
		return
	}
	e.Values = d.object("data", kind.shape, object)
	if len(d.problems) == 0 {
		if end := e.Values.Code("end"); end != "" {
			e.end, _ = time.Parse(time.RFC3339Nano, end) // it was read before
		}
		d.consistent(kind.Name, object)
	}
	raw, err := json.Marshal(object) // canonical: sorted, without the sender's spaces
	if err != nil {
		d.problem("data", CodeNotJSON, err.Error(), Text{})
	}
	e.Data = raw
}
