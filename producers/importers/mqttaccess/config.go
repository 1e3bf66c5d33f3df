package mqttaccess

import (
	"sync"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// System names the source in the events.
const System = "mqtt"

// DefaultTopics are the topics of Fabomatic's controllers.
const DefaultTopics = "machine/+"

// StaleAfter is how long a session may be silent before it is missed: longer than any print, and
// controllers say "inuse" every few minutes.
const StaleAfter = 24 * time.Hour

// Config says what to listen to. Lab is required.
type Config struct {
	// Lab is the lab that the events are about.
	Lab string
	// Zone is the lab's; nil: [schemas.DefaultZone].
	Zone *time.Location
	// Machines names the machines; what it doesn't hold is "machine-ID", of category "other".
	Machines Machines
	// Topics are MQTT topic filters, separated by commas, each with one "+" where the machine's
	// number stands. Empty: [DefaultTopics].
	Topics string
	// File is the path of recorded messages; empty: there is none.
	File string
	// State remembers the sessions of the messages received; nil: nothing does.
	State importers.State
	// Clock is the time that "silent for long" is judged by; nil: [time.Now].
	Clock func() time.Time
}

// Importer makes usages of the messages. Make one with [New]; it may be used from several goroutines.
type Importer struct {
	cfg     Config
	filters []filter

	mu sync.Mutex // a message's state is read, changed and written as one
}

var _ importers.Receiver = (*Importer)(nil)

// New checks cfg, and says all that is wrong with it at once. It reads nothing yet.
func New(cfg Config) (*Importer, error) {
	bad := &importers.Problems{Of: "MQTT"}
	if !schemas.IsSlug(cfg.Lab) {
		bad.Add("code du fab lab %q : attendu par exemple atelier-nord", "lab %q: expected a lab's code, such as atelier-nord", cfg.Lab)
	}
	if cfg.Topics == "" {
		cfg.Topics = DefaultTopics
	}
	filters, err := parseFilters(cfg.Topics)
	bad.AddError(err)
	if cfg.Zone == nil {
		zone, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			bad.Add("le fuseau horaire par défaut est introuvable : %v", "the default time zone can't be loaded: %v", err)
		}
		cfg.Zone = zone
	}
	if cfg.State == nil {
		cfg.State = importers.NoState{}
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return &Importer{cfg: cfg, filters: filters}, nil
}
