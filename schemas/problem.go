package schemas

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with an event, in words for the person who sent it.
type Problem struct {
	// Field is where, as a path: "time", "data.attendees", "data.companies[2].siren"; empty for the whole event.
	Field string
	// Code is what sort of problem it is, the same in every language; see the constants.
	Code string
	// Found is an excerpt of what stood there, without personal data; may be empty.
	Found string
	// Expected is what should stand there.
	Expected Text
}

// The codes of problems.
const (
	CodeNotJSON      = "not_json"
	CodeTooLarge     = "too_large"
	CodeMissing      = "missing"
	CodeUnknown      = "unknown_field"
	CodeDuplicate    = "duplicate_field"
	CodeType         = "wrong_type"
	CodeValue        = "not_allowed"
	CodeRange        = "implausible"
	CodeFormat       = "bad_format"
	CodeFuture       = "in_the_future"
	CodeOrder        = "inconsistent"
	CodePersonal     = "personal_data"
	CodeWrongSubject = "wrong_subject"
)

var problemNames = map[string]Text{
	CodeNotJSON:      {FR: "JSON illisible", EN: "not readable as JSON"},
	CodeTooLarge:     {FR: "trop volumineux", EN: "too large"},
	CodeMissing:      {FR: "champ absent", EN: "missing"},
	CodeUnknown:      {FR: "champ inconnu", EN: "unknown field"},
	CodeDuplicate:    {FR: "champ en double", EN: "given twice"},
	CodeType:         {FR: "type incorrect", EN: "wrong type"},
	CodeValue:        {FR: "valeur non admise", EN: "value not allowed"},
	CodeRange:        {FR: "valeur invraisemblable", EN: "implausible value"},
	CodeFormat:       {FR: "format incorrect", EN: "wrong format"},
	CodeFuture:       {FR: "date dans le futur", EN: "in the future"},
	CodeOrder:        {FR: "incohérent", EN: "inconsistent"},
	CodePersonal:     {FR: "donnée personnelle refusée", EN: "personal data refused"},
	CodeWrongSubject: {FR: "sujet NATS non conforme", EN: "wrong NATS subject"},
}

// ProblemName is what a code of problems is called; a code that isn't known is its own name.
func ProblemName(code string) Text {
	if name, known := problemNames[code]; known {
		return name
	}
	return Text{FR: code, EN: code}
}

// In says the problem in a language, naming field, problem, what was found and what was expected.
func (p Problem) In(l Lang) string {
	colon, found, expected := ": ", "found %s", "expected %s"
	if l == French {
		colon, found, expected = " : ", "reçu %s", "attendu : %s"
	}
	var parts []string
	if p.Found != "" {
		parts = append(parts, fmt.Sprintf(found, p.Found))
	}
	if e := p.Expected.In(l); e != "" {
		parts = append(parts, fmt.Sprintf(expected, e))
	}
	s := problemNames[p.Code].In(l)
	if p.Field != "" {
		s = p.Field + colon + s
	}
	if len(parts) > 0 {
		s += " (" + strings.Join(parts, " ; ") + ")"
		if l != French {
			s = strings.Replace(s, " ; ", "; ", 1)
		}
	}
	return s
}

// Invalid is the error of an event that can't be accepted, with everything that is wrong with it.
// The same bytes are always refused for the same reasons: sending them again doesn't help.
type Invalid struct {
	// ID, Lab and Kind are the event's, as far as they could be read.
	ID, Lab, Kind string
	Problems      []Problem
}

// Error is the first problem in English, and how many there are besides.
func (e *Invalid) Error() string { return e.In(English) }

// In is [Invalid.Error] in a language.
func (e *Invalid) In(l Lang) string {
	s := e.Problems[0].In(l)
	if n := len(e.Problems) - 1; n > 0 {
		s += Counted(n, Text{FR: " (et %d autre)", EN: " (and %d more)"}, Text{FR: " (et %d autres)", EN: " (and %d more)"}).In(l)
	}
	return s
}

// excerpt quotes a value for a message, shortened and without personal data.
func excerpt(v any) string {
	s, isString := v.(string)
	if !isString {
		s = fmt.Sprint(v)
	}
	s = Redact(strings.ToValidUTF8(s, "\ufffd"))
	if r := []rune(s); len(r) > 60 {
		s = Redact(string(r[:60]) + "…")
	}
	if isString {
		return fmt.Sprintf("%q", s)
	}
	return oneLine.Replace(strings.Map(shown, s))
}
