package fabmanager

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// The records as far as they are read. Names, addresses, e-mails and gender are left out here:
// what isn't read can't get out. Fields that must be there are pointers.

// recordKeys are the lists' keys in a page.
var recordKeys = map[string]string{
	"reservations": "reservations", "trainings": "trainings", "user_trainings": "user_trainings", "events": "events",
	"subscriptions": "subscriptions", "plans": "plans", "accounting": "lines", "availabilities": "availabilities", "machines": "machines",
}

// record is one of the types below.
type record interface {
	key() int64
	// complete parses what JSON can't and says what is missing.
	complete() error
	// age tells two states of a record apart, found on two pages while the list moved on.
	age() time.Time
}

// fieldError is what is wrong with a record's field.
type fieldError struct {
	field string
	what  schemas.Text
}

func (e *fieldError) Error() string { return e.field + ": " + e.what.EN }

type identified struct {
	ID *int64 `json:"id"`
}

func (r identified) key() int64     { return *r.ID }
func (r identified) age() time.Time { return time.Time{} }
func (r identified) complete() error {
	return present("id", r.ID != nil, schemas.Text{FR: "un nombre", EN: "a number"})
}

func present(field string, is bool, want schemas.Text) error {
	if is {
		return nil
	}
	return &fieldError{field, schemas.Text{FR: "absent ou inattendu, attendu : " + want.FR, EN: "missing or unexpected, expected " + want.EN}}
}

// moment reads a time that must be there.
func moment(field string, s *string) (time.Time, error) {
	if s == nil || *s == "" {
		return time.Time{}, present(field, false, aMoment)
	}
	t, err := time.Parse(time.RFC3339Nano, *s)
	if err != nil || t.Year() < 2000 || t.Year() > 2148 {
		shown := schemas.Redact(*s)
		if len(shown) > 40 {
			shown = shown[:40] + "…"
		}
		return time.Time{}, &fieldError{field, schemas.Text{
			FR: fmt.Sprintf("reçu %q, attendu : %s", shown, aMoment.FR), EN: fmt.Sprintf("found %q, expected %s", shown, aMoment.EN)}}
	}
	return t, nil
}

var aMoment = schemas.Text{FR: "une date et heure comme 2026-03-12T18:00:00.000+01:00", EN: "a time such as 2026-03-12T18:00:00.000+01:00"}

// optional reads a time that may be null.
func optional(field string, s *string) (*time.Time, error) {
	if s == nil || *s == "" {
		return nil, nil
	}
	t, err := moment(field, s)
	return &t, err
}

// person is what is read of one: the group, and the id that invoices are made out to.
type person struct {
	Profile *int64 `json:"invoicing_profile_id"`
	Group   *struct {
		ID   int64  `json:"id"`
		Slug string `json:"slug"`
	} `json:"group"`
}

func (p *person) group() string {
	if p == nil || p.Group == nil {
		return ""
	}
	return p.Group.Slug
}

type reservation struct {
	identified
	Type         string  `json:"reservable_type"`
	ReservableID *int64  `json:"reservable_id"`
	UserID       *int64  `json:"user_id"`
	User         *person `json:"user"`
	UpdatedAt    string  `json:"updated_at"`
	CreatedAt    string  `json:"created_at"`
	Reservable   *named  `json:"reservable"`
	Slots        []slot  `json:"reserved_slots"`
}

// named is a machine, a training or an event as it is called.
type named struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	// Title is an event's.
	Title string `json:"title"`
}

func (n named) name() string { return cmp.Or(n.Name, n.Title) }

type slot struct {
	Canceled     *string `json:"canceled_at"`
	Availability *int64  `json:"availability_id"`
	StartAt      *string `json:"start_at"`
	EndAt        *string `json:"end_at"`
	start, end   time.Time
	canceled     bool
}

func (r *reservation) complete() error {
	err := errors.Join(r.identified.complete(),
		present("reservable_type", r.Type != "", schemas.Text{FR: "Machine, Training, Event ou Space", EN: "Machine, Training, Event or Space"}),
		present("reservable_id", r.ReservableID != nil, schemas.Text{FR: "un nombre", EN: "a number"}))
	for i := range r.Slots {
		s, at := &r.Slots[i], fmt.Sprintf("reserved_slots[%d].", i)
		var e1, e2, e3 error
		s.start, e1 = moment(at+"start_at", s.StartAt)
		s.end, e2 = moment(at+"end_at", s.EndAt)
		s.canceled = s.Canceled != nil
		if r.Type == "Training" {
			e3 = present(at+"availability_id", s.Availability != nil, schemas.Text{FR: "un nombre", EN: "a number"})
		}
		err = errors.Join(err, e1, e2, e3)
	}
	return err
}

// made is when the reservation was made; zero if it isn't told.
func (r *reservation) made() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, r.CreatedAt)
	return t
}

func (r *reservation) age() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, r.UpdatedAt)
	return t
}

// slug is the machine's or training's; a fallback if it has none.
func (r *reservation) slug() string {
	if r.Reservable != nil && r.Reservable.Slug != "" {
		return r.Reservable.Slug
	}
	return fmt.Sprintf("%s-%d", map[string]string{"Machine": "machine", "Training": "training"}[r.Type], *r.ReservableID)
}

func (r *reservation) name() string {
	if r.Reservable == nil {
		return ""
	}
	return r.Reservable.Name
}

// availability is a time for which machines, a training, an event or a space were opened.
type availability struct {
	identified
	Type       string    `json:"available_type"`
	IDs        []int64   `json:"available_ids"`
	StartAt    *string   `json:"start_at"`
	EndAt      *string   `json:"end_at"`
	Slots      []opening `json:"slots"`
	start, end time.Time
}

// opening is a slot of an availability.
type opening struct {
	StartAt    *string `json:"start_at"`
	EndAt      *string `json:"end_at"`
	start, end time.Time
}

func (r *availability) complete() error {
	var e1, e2 error
	r.start, e1 = moment("start_at", r.StartAt)
	r.end, e2 = moment("end_at", r.EndAt)
	err := errors.Join(r.identified.complete(),
		present("available_type", r.Type != "", schemas.Text{FR: "Machine, Training, Event ou Space", EN: "Machine, Training, Event or Space"}), e1, e2)
	for i := range r.Slots {
		s, at := &r.Slots[i], fmt.Sprintf("slots[%d].", i)
		s.start, e1 = moment(at+"start_at", s.StartAt)
		s.end, e2 = moment(at+"end_at", s.EndAt)
		err = errors.Join(err, e1, e2)
	}
	return err
}

type machine struct {
	identified
	named
}

type training struct {
	identified
	Places *int64 `json:"nb_total_places"`
}

// userTraining says that a person was validated for a training.
type userTraining struct {
	identified
	TrainingID *int64  `json:"training_id"`
	UserID     *int64  `json:"user_id"`
	User       *person `json:"user"`
	CreatedAt  *string `json:"created_at"`
	at         time.Time
}

func (r *userTraining) complete() error {
	var err error
	r.at, err = moment("created_at", r.CreatedAt)
	return errors.Join(r.identified.complete(), present("training_id", r.TrainingID != nil, schemas.Text{FR: "un nombre", EN: "a number"}), err)
}

type event struct {
	identified
	Title      string  `json:"title"`
	Category   string  `json:"category"`
	Places     *int64  `json:"nb_total_places"`
	FreePlaces *int64  `json:"nb_free_places"`
	StartAt    *string `json:"start_at"`
	EndAt      *string `json:"end_at"`
	start, end time.Time
}

func (r *event) complete() error {
	var e1, e2 error
	r.start, e1 = moment("start_at", r.StartAt)
	r.end, e2 = moment("end_at", r.EndAt)
	return errors.Join(r.identified.complete(), e1, e2)
}

type subscription struct {
	identified
	UserID    *int64  `json:"user_id"`
	PlanID    *int64  `json:"plan_id"`
	CreatedAt *string `json:"created_at"`
	Canceled  *string `json:"canceled_at"`
	ExpiresAt *string `json:"expiration_date"`
	created   time.Time
	canceled  *time.Time
	expires   time.Time
}

func (r *subscription) complete() error {
	var e1, e2, e3 error
	r.created, e1 = moment("created_at", r.CreatedAt)
	r.canceled, e2 = optional("canceled_at", r.Canceled)
	r.expires, e3 = moment("expiration_date", r.ExpiresAt)
	return errors.Join(r.identified.complete(), e1, e2, e3)
}

// active says whether the subscription ran at a moment.
func (r *subscription) active(t time.Time) bool {
	return !r.created.After(t) && r.expires.After(t) && (r.canceled == nil || r.canceled.After(t))
}

type plan struct {
	identified
	GroupID *int64 `json:"group_id"`
}

// line is a line of the accounts; debit and credit are in units of the currency, not in cents.
type line struct {
	identified
	Type     string           `json:"line_type"`
	Date     *string          `json:"date"`
	Account  string           `json:"account_code"`
	Label    string           `json:"account_label"`
	Currency string           `json:"currency"`
	Debit    *schemas.Decimal `json:"debit"`
	Credit   *schemas.Decimal `json:"credit"`
	User     *struct {
		Profile *int64 `json:"invoicing_profile_id"`
	} `json:"user"`
	date time.Time
}

// maxAmount is far above any fab lab's invoice, and keeps the sums from overflowing.
var maxAmount = schemas.Int(10_000_000)

func (r *line) complete() error {
	var err error
	r.date, err = moment("date", r.Date)
	amount := schemas.Text{FR: "un montant de 0 à 10 000 000", EN: "an amount from 0 to 10,000,000"}
	plausible := func(d *schemas.Decimal) bool { return d != nil && d.Sign() >= 0 && !maxAmount.Less(*d) }
	return errors.Join(r.identified.complete(), present("debit", plausible(r.Debit), amount), present("credit", plausible(r.Credit), amount), err,
		present("currency", r.Currency == "" || r.Currency == "EUR", schemas.Text{FR: "EUR", EN: "EUR"}))
}

// decodePage splits a page into its records; status is what the accounts' pages tell besides.
func decodePage(p page, list string) (records []json.RawMessage, status string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(p.body, &fields); err != nil {
		return nil, "", &rest.PageError{Origin: p.origin, What: notAPage(list, err)}
	}
	raw, given := fields[recordKeys[list]]
	if !given {
		return nil, "", &rest.PageError{Origin: p.origin, What: schemas.Text{
			FR: fmt.Sprintf("champ %q absent : est-ce bien la liste %s de Fab-manager ?", recordKeys[list], list),
			EN: fmt.Sprintf("field %q is missing: is this Fab-manager's list %s?", recordKeys[list], list)}}
	}
	if err := json.Unmarshal(raw, &records); err != nil {
		return nil, "", &rest.PageError{Origin: p.origin, What: notAPage(list, err)}
	}
	if raw, given := fields["status"]; given {
		if err := json.Unmarshal(raw, &status); err != nil {
			return nil, "", &rest.PageError{Origin: p.origin, What: schemas.Text{FR: "status : un texte attendu", EN: "status: a text expected"}}
		}
	}
	return records, status, nil
}

func notAPage(list string, err error) schemas.Text {
	at := schemas.Text{EN: fmt.Sprintf(" (%v)", err)}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = schemas.Text{FR: fmt.Sprintf(" à l'octet %d", syntax.Offset), EN: fmt.Sprintf(" (%v, byte %d)", err, syntax.Offset)}
	}
	return schemas.Text{
		FR: fmt.Sprintf("page illisible%s, attendu : {%q: […]}", at.FR, recordKeys[list]),
		EN: fmt.Sprintf("unreadable page%s, expected {%q: […]}", at.EN, recordKeys[list])}
}

// decodeRecord reads one record. The error names the field.
func decodeRecord[T record](raw json.RawMessage, into T) error {
	err := json.Unmarshal(raw, into)
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ):
		field := strings.TrimPrefix(typ.Field, "identified.") // encoding/json names the Go type there
		return &fieldError{field, schemas.Text{
			FR: fmt.Sprintf("reçu %s, attendu : %s", typ.Value, typ.Type), EN: fmt.Sprintf("found %s, expected %s", typ.Value, typ.Type)}}
	case err != nil: // an amount that is no number: schemas.Decimal says which
		return &fieldError{"", schemas.Text{FR: err.Error(), EN: err.Error()}}
	}
	return into.complete()
}
