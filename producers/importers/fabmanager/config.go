package fabmanager

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// System names the source in the events.
const System = "fabmanager"

// Defaults of [Config].
const (
	DefaultBookingHorizon   = 400 * 24 * time.Hour
	DefaultValidationWindow = 7 * 24 * time.Hour
	DefaultTimeout          = rest.DefaultTimeout
	DefaultRetries          = rest.DefaultRetries
	DefaultRetryWaitMin     = rest.DefaultRetryWaitMin
	DefaultRetryWaitMax     = rest.DefaultRetryWaitMax
	DefaultBuildWait        = 2 * time.Minute
	DefaultBuildPoll        = 10 * time.Second
	DefaultFullEvery        = 24 * time.Hour
	DefaultOverlap          = time.Hour
)

// Config says what to import. URL and Token, or Files, or Exports are required, and so are Lab and Salt.
type Config struct {
	// Lab is the lab that the events are about.
	Lab string
	// URL is Fab-manager's address, e.g. "https://fabmanager.example.org". It must be https, but
	// on this very machine.
	URL string
	// PlainHTTP allows http for any address; the token then travels readable.
	PlainHTTP bool
	// Token is that of a client of the OpenAPI, as Fab-manager shows it to its administrator.
	Token string
	// Files are saved pages instead of URL and Token: "reservations.json", or
	// "reservations_page1.json" and so on; likewise trainings, user_trainings, events,
	// availabilities, machines, subscriptions, plans and accounting. A list without a file is left out.
	Files fs.FS
	// Exports holds CSV exports of Fab-manager's, French or English. Alone, the accounting export's
	// revenue is told; with URL or Files, nothing is told of the exports, but each difference
	// between them and what is imported is warned of, at each reading of everything. ExportNames
	// are the files; nil: all that end in ".csv".
	Exports     fs.FS
	ExportNames []string
	// Zone is the lab's; months and days are local. Default Europe/Paris.
	Zone *time.Location
	// Salt makes the companies' codes, see [importers.NewCoder].
	Salt []byte
	// Mapping overrides how the lab's own words are understood; nil: [DefaultMapping].
	Mapping *Mapping
	// BookingHorizon is how long before an import's begin a booking may have been made: the API
	// finds bookings by when they were made. Default [DefaultBookingHorizon].
	BookingHorizon time.Duration
	// ValidationWindow is how long after a training session its participants may be validated.
	// Until it is over, a session that nobody was validated for isn't told of. Default
	// [DefaultValidationWindow].
	ValidationWindow time.Duration
	// Timeout bounds each request, its answer included. Default [DefaultTimeout].
	Timeout time.Duration
	// Retries is how often a request is made again after a failure that may pass; pauses double
	// from RetryWaitMin to RetryWaitMax, or are what the server asks for (Retry-After). Defaults
	// [DefaultRetries], [DefaultRetryWaitMin], [DefaultRetryWaitMax]; Retries -1: none.
	Retries                    int
	RetryWaitMin, RetryWaitMax time.Duration
	// BuildWait is how long to wait while Fab-manager rebuilds its accounting lines, looking every
	// BuildPoll; then the finances are left out. Defaults [DefaultBuildWait], [DefaultBuildPoll].
	BuildWait, BuildPoll time.Duration
	// State remembers where an import got to, so that the next one reads only what was booked since
	// and what wasn't settled; nil: each reads everything.
	State importers.State
	// Whole makes each import read everything nevertheless.
	Whole bool
	// FullEvery is how often everything is read all the same: only that finds a change of a record
	// that was settled. Members, revenue and events are told then. Default [DefaultFullEvery].
	FullEvery time.Duration
	// Overlap is how much of the time before the last import is read again, for what was being
	// booked meanwhile and for clocks that differ. Default [DefaultOverlap].
	Overlap time.Duration
	// AllowPrivate says that the address's name may lead to this machine or a private network, see [rest.Config].
	AllowPrivate bool
	// Transport carries the requests; nil: the usual one.
	Transport http.RoundTripper
	// Logger hears of requests made again; nil: nobody does.
	Logger *slog.Logger
	// Clock is the time that "over" is judged by; nil: [time.Now].
	Clock func() time.Time
}

// Importer imports from one Fab-manager. Make one with [New]. One import at a time.
type Importer struct {
	cfg    Config
	source source
	coder  *importers.Coder

	mu sync.Mutex
	// reached is where the last import got to, until it is committed.
	reached *resume
}

var _ importers.Importer = (*Importer)(nil)

// New checks cfg. It asks nothing of Fab-manager yet.
func New(cfg Config) (*Importer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	coder, err := importers.NewCoder(cfg.Lab, cfg.Salt)
	if err != nil {
		return nil, fmt.Errorf("fabmanager: %w", err)
	}
	im := &Importer{cfg: cfg, coder: coder}
	if cfg.URL == "" {
		im.source = &folder{files: cfg.Files} // nil with Exports: nothing is asked of it then
		return im, nil
	}
	if im.source, err = newClient(cfg); err != nil {
		return nil, fmt.Errorf("fabmanager: configuration: %w", err)
	}
	return im, nil
}

func (c Config) withDefaults() (Config, error) {
	bad := &importers.Problems{Of: product}
	if !schemas.IsSlug(c.Lab) {
		bad.Add("code du fab lab %q : attendu par exemple atelier-nord", "lab %q: expected a lab's code, such as atelier-nord", c.Lab)
	}
	switch {
	case c.Files != nil && c.URL != "":
		bad.Add("réglages url et dir : il n'en faut qu'un", "settings url and dir: only one of them is wanted")
	case c.Files == nil && c.Exports == nil && c.URL == "":
		bad.Add("réglages url, dir et export : aucun n'est donné, il en faut un", "settings url, dir and export: none is given, one of them is wanted")
	case c.URL != "":
		if _, err := rest.ParseAddress(c.URL, c.PlainHTTP); err != nil {
			bad.Add("réglage %s : %v", "setting %s: %v", settingURL, err)
		}
		if strings.TrimSpace(c.Token) == "" || strings.ContainsAny(strings.TrimSpace(c.Token), "\r\n") {
			bad.Add("réglage %s : vide ou de plusieurs lignes, attendu le jeton d'un client de l'OpenAPI de Fab-manager",
				"setting %s: empty or of several lines, expected that of a client of Fab-manager's OpenAPI", settingToken)
		}
		c.Token = strings.TrimSpace(c.Token)
	}
	if c.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			bad.Add("le fuseau horaire par défaut est introuvable : %v", "the default time zone can't be loaded: %v", err)
		}
		c.Zone = zone
	}
	if c.Mapping == nil {
		c.Mapping = DefaultMapping()
	}
	if c.Retries == 0 {
		c.Retries = DefaultRetries
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		dflt  time.Duration
	}{
		{"BookingHorizon", &c.BookingHorizon, DefaultBookingHorizon}, {"ValidationWindow", &c.ValidationWindow, DefaultValidationWindow},
		{"Timeout", &c.Timeout, DefaultTimeout}, {"RetryWaitMin", &c.RetryWaitMin, DefaultRetryWaitMin}, {"RetryWaitMax", &c.RetryWaitMax, DefaultRetryWaitMax},
		{"BuildWait", &c.BuildWait, DefaultBuildWait}, {"BuildPoll", &c.BuildPoll, DefaultBuildPoll},
		{"FullEvery", &c.FullEvery, DefaultFullEvery}, {"Overlap", &c.Overlap, DefaultOverlap},
	} {
		if *d.value < 0 {
			bad.Add("%s vaut %s : une durée négative n'a pas de sens", "%s is %s: it must not be negative", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.dflt
		}
	}
	if c.State == nil {
		c.State = importers.NoState{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c, bad.Err()
}
