package form

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"vitrine/schemas"
)

// What the form asks of the rest of Vitrine; cmd/vitrine wires it. Implementations may be called
// from several goroutines.

// ErrRemaking says that everything that is counted is being made again: what could be read is half of it.
var ErrRemaking = errors.New("form: the figures are being made again")

// Accounts says whose token it is. It is asked again at every request, so that a revoked token ends
// its sessions.
type Accounts interface {
	// Lab is the lab that a token belongs to, [ErrToken] if none; any other error is taken as one
	// that passes.
	Lab(ctx context.Context, token string) (lab string, err error)
}

// ErrToken says that a token is no lab's: unknown, revoked, or the programme's.
var ErrToken = errors.New("form: no lab has this token")

// Publisher keeps events. It returns nil only once JetStream has stored the event; *[schemas.Invalid]
// if that will never be; anything else means that nobody knows, and that sending again is safe.
type Publisher interface {
	Publish(ctx context.Context, lab string, raw []byte) error
}

// Labs is the registry.
type Labs interface {
	// Lab is what the pages need of a lab. A lab that isn't registered yet has a zero [Lab].
	Lab(ctx context.Context, lab string) (Lab, error)
}

// Lab is a lab's name and zone.
type Lab struct {
	// Name is for people; empty: the lab's code.
	Name string
	// Zone is an IANA zone; empty: the programme's, [Config.Zone].
	Zone string
}

// Entries are a lab's live events, latest versions: those taken back aren't among them.
type Entries interface {
	// Recent lists the latest received first.
	Recent(ctx context.Context, lab string, limit int) ([]Entry, error)
	// Entry is one of them, [ErrNoEntry] if the lab has none with this id.
	Entry(ctx context.Context, lab string, id uuid.UUID) (Entry, error)
	// Counted are the latest revisions that are counted of some of the lab's events, those taken back too; one
	// of which none is has none.
	Counted(ctx context.Context, lab string, ids []uuid.UUID) (map[uuid.UUID]int64, error)
}

// ErrNoEntry says that a lab has no live event with an id.
var ErrNoEntry = errors.New("form: the lab has no such entry")

// Entry is an event as it counts now.
type Entry struct {
	ID       uuid.UUID
	Kind     string
	Time     time.Time
	System   string // that it came from; empty: none was named
	Revision int64
	Data     json.RawMessage
}

// Progress reads how a lab's commitments stand today.
type Progress interface {
	Status(ctx context.Context, lab string) ([]Commitment, error)
}

// Commitment is a promise and what became of it, with the values of commitment_status.
type Commitment struct {
	Indicator   string
	Name        schemas.Text
	Unit        string
	Segment     string // e.g. "audience=companies"; may be empty
	SegmentName schemas.Text
	Target      float64
	Actual      *float64 // nil: no data
	Percent     *float64
	Expected    float64
	// NeededPerMonth is what each month left must bring to reach Target; nil where there is no such share.
	NeededPerMonth *float64
	Status         string
	From, Due      time.Time
}

// FileReader reads spreadsheets without sending anything; [Sheets] does.
type FileReader interface {
	// Read analyses a file. An error with a method In([schemas.Lang]) string says that the file as a whole can't be
	// read, and is shown to the person; any other is taken as one that passes.
	Read(ctx context.Context, f File) (Analysis, error)
	// Sent remembers rows that are kept, so that the same file shows them as unchanged the next time.
	// No figure depends on it.
	Sent(ctx context.Context, lab string, events []*schemas.Event) error
}

// File is a file that somebody brought.
type File struct {
	Lab string
	// Zone is the lab's; times are understood in it.
	Zone    *time.Location
	Name    string
	Content io.Reader
	Lang    schemas.Lang
}

// Analysis is what a file holds.
type Analysis struct {
	Rows []Row
	// Notes are about the file as a whole: columns that weren't taken, sheets that were left out.
	Notes []schemas.Text
}

// Row is one row of a file: an event, or what is wrong with it.
type Row struct {
	Sheet string // empty: the file has but one
	Line  int    // as the spreadsheet shows it, from 1
	// Event is what will be sent; nil if the row can't be.
	Event *schemas.Event
	// Unchanged says that this very event was sent before: it is counted as good, and not sent again.
	Unchanged bool
	Problems  []Problem
	// Notes say what was concluded and should be looked at.
	Notes []schemas.Text
}

// Problem is one thing wrong with a cell.
type Problem struct {
	Column string // its header; empty: the whole row
	Found  string
	What   schemas.Text
}

// Templates writes empty files to fill in; [Sheets] does.
type Templates interface {
	// Template writes a kind's file; format is xlsx or csv.
	Template(w io.Writer, kind, format string, l schemas.Lang) error
}
