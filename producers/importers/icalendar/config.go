package icalendar

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// System names the source in the events.
const System = "icalendar"

// Config says which calendar to read. Lab is required, and so is either URL or File.
type Config struct {
	// Lab is the lab that the events are about.
	Lab string
	// URL is the calendar's address, e.g. "webcal://example.org/agenda.ics". It must be https (webcal
	// means that too), but on this very machine. It is kept out of messages but for its host: whoever
	// knows a calendar's address can often read it.
	URL string
	// File is the path of a saved calendar.
	File string
	// Confirmations is the path of a CSV file that says who came; empty: only the calendar says it.
	Confirmations string
	// Mapping says what the lab's words mean; nil: what they say.
	Mapping *Mapping
	// Zone is the lab's, in which times without a zone are understood; nil: [schemas.DefaultZone].
	Zone *time.Location
	// State remembers which instances were told, so that one that was deleted or is no longer confirmed
	// is taken back; nil: nothing does.
	State importers.State
	// AllowPrivate says that the address's name may lead to this machine or a private network, see [rest.Config].
	AllowPrivate bool
	// Transport carries the requests; nil: the usual one.
	Transport http.RoundTripper
	// Retries, RetryWaitMin and RetryWaitMax are [rest.Config]'s.
	Retries                    int
	RetryWaitMin, RetryWaitMax time.Duration
	// Clock is the time that "over" is judged by; nil: [time.Now].
	Clock func() time.Time
}

// Importer reads one calendar. Make one with [New].
type Importer struct {
	cfg    Config
	base   *url.URL
	client *rest.Client // nil: a file is read
	// next is what is told once the last reading is kept.
	next told
}

var _ importers.Resumer = (*Importer)(nil)

// New checks cfg, and says all that is wrong with it at once. It reads nothing yet.
func New(cfg Config) (*Importer, error) {
	bad := &importers.Problems{Of: "iCalendar"}
	if !schemas.IsSlug(cfg.Lab) {
		bad.Add("code du fab lab %q : attendu par exemple atelier-nord", "lab %q: expected a lab's code, such as atelier-nord", cfg.Lab)
	}
	if (cfg.URL == "") == (cfg.File == "") {
		bad.Add("réglages url, secret-url et file : il en faut un, et un seul", "settings url, secret-url and file: one of them is wanted, and only one")
	}
	if cfg.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			bad.Add("le fuseau horaire par défaut est introuvable : %v", "the default time zone can't be loaded: %v", err)
		}
		cfg.Zone = zone
	}
	if cfg.Mapping == nil {
		cfg.Mapping = &Mapping{}
	}
	if cfg.State == nil {
		cfg.State = importers.NoState{}
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	im := &Importer{cfg: cfg}
	if cfg.URL != "" {
		if err := im.connect(); err != nil {
			bad.Add("adresse de l'agenda : %v", "the calendar's address: %v", err)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return im, nil
}

func (im *Importer) connect() (err error) {
	// What is wrong with the address is said without it.
	address := strings.TrimSpace(im.cfg.URL)
	for _, scheme := range []string{"webcal://", "webcals://"} {
		if len(address) > len(scheme) && strings.EqualFold(address[:len(scheme)], scheme) {
			address = "https://" + address[len(scheme):]
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Fragment != "" {
		return importers.Problem("attendu une adresse comme https://exemple.org/agenda.ics, sans nom ni mot de passe",
			"expected an address such as https://example.org/agenda.ics, without a name or password in it")
	}
	bare := *u
	bare.RawQuery, bare.Path, bare.RawPath = "", "", ""
	if _, err := rest.ParseAddress(bare.String(), false); err != nil {
		return err
	}
	transport := im.cfg.Transport
	if transport == nil {
		transport = rest.Transport(u, im.cfg.AllowPrivate)
	}
	im.base = u
	im.client, err = rest.New(rest.Config{
		System: "iCalendar", Base: u, MaxBody: maxBytes, Transport: asCalendar{transport},
		Retries: im.cfg.Retries, RetryWaitMin: im.cfg.RetryWaitMin, RetryWaitMax: im.cfg.RetryWaitMax,
		Logger: slog.New(slog.DiscardHandler), // it would write the address
		NewToken: schemas.Text{
			FR: "L'agenda n'est pas (ou plus) public : copiez son adresse secrète ou publique au format iCal dans les réglages de l'agenda",
			EN: "The calendar isn't public (any more): copy its secret or public address in iCal format from the calendar's settings"},
		AddressHint: schemas.Text{
			FR: "L'adresse a peut-être changé : copiez-la de nouveau depuis les réglages de l'agenda",
			EN: "The address may have changed: copy it again from the calendar's settings"},
	})
	return err
}
