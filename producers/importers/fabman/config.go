package fabman

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// System names the source in the events; people call it product.
const (
	System  = "fabman"
	product = "Fabman"
)

// Defaults of [Config], and bounds.
const (
	DefaultURL = "https://fabman.io/api/v1"
	// DefaultLookback covers the longest session that counts, a week, and a day.
	DefaultLookback = 8 * 24 * time.Hour
	// MinLookback is that longest session: with less, a long one could be over and never be read.
	MinLookback = maxSession
	// DefaultRetryWaitMin: after a 429 Fabman wants at least two seconds, and pauses vary by 25 %.
	DefaultRetryWaitMin = 3 * time.Second
	// MinSecretBytes is the shortest secret of a webhook.
	MinSecretBytes = 16
)

// maxSession is the longest that a usage may last by the contract.
const maxSession = 7 * 24 * time.Hour

// Config says what to import. Lab and Token are required.
type Config struct {
	// Lab is the lab that the events are about.
	Lab string
	// URL is the API's address. It must be https, but on this very machine. Default [DefaultURL].
	URL string
	// PlainHTTP allows http for any address; the token then travels readable.
	PlainHTTP bool
	// Token is an API key of Fabman that belongs to an administrator: a plain member's sees only that
	// member's own activity.
	Token string
	// WebhookSecret is what a webhook's address must hold (…?secret=…), at least [MinSecretBytes]
	// bytes; empty: webhooks are refused.
	WebhookSecret string
	// Space is the id of the only space that counts, for an account with several; 0: all do.
	Space int64
	// Mapping overrides how machines are understood; nil: by the words in their names.
	Mapping *Mapping
	// Lookback is how far before the last reading the next one begins again, for entries that were
	// edited, deleted or handed in late since. What is edited later comes by webhook, or by an
	// import that reads all. At least [MinLookback]; default [DefaultLookback].
	Lookback time.Duration
	// Zone is the lab's. Default Europe/Paris.
	Zone *time.Location
	// State remembers where the last reading left off, and what was told of the latest entries; nil: nothing does.
	State importers.State
	// Whole reads each range whole nevertheless; what is no longer there is noticed as far as State knows of it.
	Whole bool
	// Timeout, Retries, RetryWaitMin and RetryWaitMax are those of [rest.Config], but that the
	// default of RetryWaitMin is [DefaultRetryWaitMin].
	Timeout                    time.Duration
	Retries                    int
	RetryWaitMin, RetryWaitMax time.Duration
	// AllowPrivate says that the address's name may lead to this machine or a private network, see [rest.Config].
	AllowPrivate bool
	// Transport carries the requests; nil: the usual one.
	Transport http.RoundTripper
	// Logger hears of requests made again; nil: nobody does.
	Logger *slog.Logger
	// Clock is the present time; nil: [time.Now].
	Clock func() time.Time
}

// Importer imports from one Fabman account. Make one with [New]. It is safe for concurrent use.
type Importer struct {
	cfg    Config
	client *rest.Client
	memory *memory

	machines machines // those met last, guarded by mu
	mu       sync.Mutex
}

var (
	_ importers.Resumer  = (*Importer)(nil)
	_ importers.Receiver = (*Importer)(nil)
)

// New checks cfg and reads the state. It asks nothing of Fabman yet.
func New(cfg Config) (*Importer, error) {
	cfg, address, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	client, err := rest.New(rest.Config{
		System: "Fabman", Base: address, Authorization: "Bearer " + cfg.Token,
		NewToken: schemas.Text{
			FR: "La clé d'API a été supprimée, ou n'est pas celle d'un administrateur : créez-en une dans Fabman, menu « Configure », « Integrations »",
			EN: "The API key was deleted, or isn't an administrator's: make one in Fabman, menu “Configure”, “Integrations”"},
		AddressHint: schemas.Text{FR: "Par défaut : " + DefaultURL, EN: "The default is " + DefaultURL},
		Timeout:     cfg.Timeout, Retries: cfg.Retries, RetryWaitMin: cfg.RetryWaitMin, RetryWaitMax: cfg.RetryWaitMax,
		AllowPrivate: cfg.AllowPrivate, Transport: cfg.Transport, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("fabman: %w", err)
	}
	memory, err := remember(cfg.State)
	if err != nil {
		return nil, fmt.Errorf("fabman: %w", err)
	}
	return &Importer{cfg: cfg, client: client, memory: memory}, nil
}

func (c Config) withDefaults() (Config, *url.URL, error) {
	bad := &importers.Problems{Of: product}
	if !schemas.IsSlug(c.Lab) {
		bad.Add("code du fab lab %q : attendu par exemple atelier-nord", "lab %q: expected a lab's code, such as atelier-nord", c.Lab)
	}
	if c.URL == "" {
		c.URL = DefaultURL
	}
	address, err := rest.ParseAddress(c.URL, c.PlainHTTP)
	if err != nil {
		bad.Add("réglage %s : %v", "setting %s: %v", settingURL, err)
	}
	if c.Token = strings.TrimSpace(c.Token); c.Token == "" || strings.ContainsAny(c.Token, "\r\n") {
		bad.Add("réglage %s : vide ou de plusieurs lignes, attendu une clé d'API de Fabman", "setting %s: empty or of several lines, expected an API key of Fabman", settingToken)
	}
	if c.WebhookSecret = strings.TrimSpace(c.WebhookSecret); c.WebhookSecret != "" && len(c.WebhookSecret) < MinSecretBytes {
		bad.Add("réglage %s : %d octets, il en faut au moins %d", "setting %s: %d bytes, at least %d are needed", settingSecret, len(c.WebhookSecret), MinSecretBytes)
	}
	if c.Space < 0 {
		bad.Add("réglage %s, %d : attendu le numéro d'un espace, ou 0 pour tous", "setting %s, %d: expected the number of a space, or 0 for all", settingSpace, c.Space)
	}
	if c.Lookback == 0 {
		c.Lookback = DefaultLookback
	}
	if c.Lookback < MinLookback {
		bad.Add("réglage %s, %.3g : il faut au moins %d jours, la plus longue session", "setting %s, %.3g: at least %d days are needed, the longest session",
			settingLookback, c.Lookback.Hours()/24, int(MinLookback/(24*time.Hour)))
	}
	if c.RetryWaitMin == 0 {
		c.RetryWaitMin = DefaultRetryWaitMin
	}
	if c.Mapping == nil {
		c.Mapping = &Mapping{}
	}
	if c.Zone == nil {
		if c.Zone, err = time.LoadLocation(schemas.DefaultZone); err != nil {
			bad.Add("le fuseau horaire par défaut est introuvable : %v", "the default time zone can't be loaded: %v", err)
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
	return c, address, bad.Err()
}
