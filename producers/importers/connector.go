package importers

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"vitrine/schemas"
)

// Connector is one sort of source: how it is called, what must be said of it, and how it is opened.
// Each has a package of its own below this one, whose function Connector gives it; package
// connectors lists them all. The command line, the agent and the documents follow from this.
type Connector struct {
	// Name is that of the connector on the command line and in the agent's file, e.g. "fabman".
	Name string
	// Title names the source for people, About says on a line what is taken from it.
	Title, About schemas.Text
	// Settings are what it must or may be told.
	Settings []Setting
	// AllAtOnce says that a service gives all it has at each reading, whatever range is asked for.
	AllAtOnce bool
	// Feed says how the source tells of things by itself; the zero value: it doesn't, it is asked.
	Feed Feed
	// Open makes the importer of a source. It checks everything that can be checked without asking
	// the source, and says all that is wrong at once. With a Feed the importer is a [Receiver].
	Open func(Options) (Importer, error)
}

// Setting is one thing that a connector must or may be told.
type Setting struct {
	// Name in lower case with dashes, e.g. "url": a key of the agent's file, a flag of the command line.
	Name string
	// Help says what it means, its default and an example.
	Help schemas.Text
	Type SettingType
	// Required means that there is no source without it.
	Required bool
}

// SettingType is what a [Setting] holds.
type SettingType int

const (
	// Plain is a text: an address, a name, a number.
	Plain SettingType = iota
	// Secret is a text that is kept out of command lines and logs: it is given in a file (--NAME-file)
	// or in the environment, and reaches the connector as its content.
	Secret
	// Path is a file or folder; its path reaches the connector.
	Path
	// Switch is "true" or empty.
	Switch
)

// Feed is how a source tells of things by itself.
type Feed int

const (
	// NoFeed: the source is asked, from time to time.
	NoFeed Feed = iota
	// Webhook: the source posts to an address of the agent.
	Webhook
	// MQTT: the source publishes to the agent's MQTT listener.
	MQTT
)

// Options are what a connector is opened with.
type Options struct {
	// Lab is the lab that the events are about.
	Lab string
	// Zone is the lab's; times without an offset are understood in it. Never nil.
	Zone *time.Location
	// Salt makes the codes of the lab's company customers, see [NewCoder].
	Salt []byte
	// Values are the settings given, by name.
	Values map[string]string
	// State is the source's own memory from one run to the next. Never nil; [NoState] remembers nothing.
	State State
	// Whole makes a reading read all of its range, where State would let it go on from the last one. State then serves
	// to notice what is no longer there. For whoever sends everything each time.
	Whole bool
	// Transport carries HTTP requests; nil: the usual one.
	Transport http.RoundTripper
	// Logger hears of what is tried again; never nil. Clock is the time that "over" is judged by; never nil.
	Logger *slog.Logger
	Clock  func() time.Time
}

// IsFile says whether a source's settings name a file or a folder, and no service. A file is read whole unless
// somebody says since when, as its rows are added and corrected late too. A service may have years of activity, and
// need not have its address told (Fabman's is known).
func IsFile(values map[string]string) bool {
	return values["url"] == "" && values["secret-url"] == "" && (values["file"] != "" || values["dir"] != "" || values["export"] != "")
}

// MonthBefore is the begin of the month before a moment's, in a zone: since when a service is asked that was read then, as records
// are still corrected for so long.
func MonthBefore(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month()-1, 1, 0, 0, 0, 0, zone)
}

// State is a source's own small memory: where it left off, which sessions are open. It outlives
// the process and holds no personal data.
type State interface {
	// Get is nil where nothing was put.
	Get(key string) ([]byte, error)
	// Put keeps a value; nil removes it.
	Put(key string, value []byte) error
}

// NoState is the [State] of a source that begins anew each time.
type NoState struct{}

// Get gives nothing.
func (NoState) Get(string) ([]byte, error) { return nil, nil }

// Put keeps nothing.
func (NoState) Put(string, []byte) error { return nil }

// ReadOnly is a state that stays as it is.
func ReadOnly(s State) State { return readOnly{s} }

type readOnly struct{ State }

func (readOnly) Put(string, []byte) error { return nil }

// Resumer is an [Importer] that goes on from where it was instead of reading everything again.
type Resumer interface {
	Importer
	// Commit says that every event of the last complete reading is kept, so that the next one may
	// begin after it. It isn't called after a reading that ended early.
	Commit(ctx context.Context) error
}

// Complete is an [Importer] of a source that may be whole: what was told of it before and isn't there
// any more can be taken back.
type Complete interface {
	Importer
	// Missing are the retractions in the range that this calls for, by what the ledger knows; none where the
	// source isn't said to be whole. What lies outside isn't told, so that it mustn't be taken back either.
	Missing(ctx context.Context, ledger Ledger, r Range) ([]*schemas.Event, error)
}

// EventsOf are an importer's events and, after them, the retractions of a [Complete] one.
func EventsOf(ctx context.Context, im Importer, ledger Ledger, r Range) iter.Seq2[*schemas.Event, error] {
	complete, is := im.(Complete)
	if !is {
		return im.Events(ctx, r)
	}
	return func(yield func(*schemas.Event, error) bool) {
		for e, err := range im.Events(ctx, r) {
			if !yield(e, err) {
				return
			}
		}
		missing, err := complete.Missing(ctx, ledger, r)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range missing {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Receiver is an [Importer] that is also told of things as they happen.
type Receiver interface {
	Importer
	// Receive gives the events of one message, in order; none where it says nothing that counts. An error
	// that [Continues] is about this message alone, which is then reported and dropped; after any
	// other it is delivered again.
	Receive(ctx context.Context, m Message) ([]*schemas.Event, error)
}

// Message is what a source told by itself.
type Message struct {
	// At is when the agent received it; the same at each delivery.
	At time.Time
	// Seq numbers the messages of a feed; the same at each delivery. 0: not numbered.
	Seq uint64
	// Topic is MQTT's; empty for a webhook.
	Topic string
	// Header and Query are a webhook's; nil for MQTT.
	Header http.Header
	Query  map[string][]string
	Body   []byte
}
