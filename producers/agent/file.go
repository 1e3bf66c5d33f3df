package agent

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Defaults of a [File].
const (
	DefaultListen    = "127.0.0.1:8081"
	DefaultEvery     = time.Hour
	DefaultMaxBytes  = 512 << 20
	DefaultMaxEvents = 1_000_000
	// MinEvery is the shortest interval between two readings of a source.
	MinEvery = 10 * time.Second
)

// File is what agent.yaml says.
type File struct {
	// Lab is the lab's code. Required.
	Lab string
	// Zone is the lab's; default Europe/Paris.
	Zone *time.Location
	// Listen is the status page's address; default [DefaultListen]. HooksListen is that of webhooks
	// alone; empty: they are taken at Listen.
	Listen, HooksListen string
	// SaltFile is the secret of the company codes; empty: in the data folder.
	SaltFile  string
	Programme ProgrammeSpec
	Spool     SpoolSpec
	// MQTT is the agent's own listener; its Listen is empty where no source needs one.
	MQTT    MQTTSpec
	Sources []SourceSpec
}

// PageURL is the status page's address for somebody at this machine; an agent that listens everywhere
// answers on the loopback as well.
func (f *File) PageURL() string {
	host, port, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return "http://" + f.Listen
	}
	switch ip := net.ParseIP(host); {
	case host == "", ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// ProgrammeSpec says where the events go: to NATS or Gateway, one of them.
type ProgrammeSpec struct {
	// NATS is the server's address; Credentials a .creds file.
	NATS, Credentials string
	// Gateway is its address; TokenFile holds the lab's token.
	Gateway, TokenFile string
	// CA, Certificate and Key are PEM files: whom the programme's certificate must be signed by (empty: one
	// of the system's CAs), and the agent's own certificate where the programme asks for one.
	CA, Certificate, Key string
	// PlainHTTP allows a gateway without https.
	PlainHTTP bool
}

// address is where the events go, for people: without the user that may stand in it.
func (p ProgrammeSpec) address() string {
	if p.Gateway != "" {
		return p.Gateway
	}
	var hosts []string
	for server := range strings.SplitSeq(p.NATS, ",") {
		if u, err := url.Parse(strings.TrimSpace(server)); err == nil && u.Host != "" {
			hosts = append(hosts, u.Host)
		}
	}
	return strings.TrimSpace("NATS " + strings.Join(hosts, ", "))
}

// SpoolSpec bounds what waits at the lab.
type SpoolSpec struct {
	// MaxBytes and MaxEvents are the most that is kept; defaults [DefaultMaxBytes], [DefaultMaxEvents].
	MaxBytes, MaxEvents int64
	// SyncInterval is how often the spool is flushed to the disk; 0 (default): with each event.
	SyncInterval time.Duration
}

// MQTTSpec is a listener for machine controllers, with the one user that they share. Certificate and Key are
// PEM files that make it encrypted; both empty: it isn't.
type MQTTSpec struct{ Listen, User, PasswordFile, Certificate, Key string }

// SourceSpec is one source.
type SourceSpec struct {
	// Connector is which sort it is; Name tells sources apart (default: the connector's).
	Connector, Name string
	// Every is the interval between readings; At the time of the day instead ("06:30"), in the
	// lab's zone, as minutes since midnight, -1: none. Both none: it is never asked, only listened to.
	Every time.Duration
	At    int
	// Since is the first day that is ever asked for; zero: the first of the month before the first run.
	Since time.Time
	// AllAtOnce is the connector's.
	AllAtOnce bool
	// Values are the connector's settings, secrets as their content.
	Values map[string]string
}

// FileError lists everything that is wrong with a configuration file.
type FileError struct {
	Path     string
	Problems []FileProblem
}

// FileProblem is one thing that is wrong; Line is 0 where something is missing altogether.
type FileProblem struct {
	Line int
	What schemas.Text
}

// Error is [FileError.In] English.
func (e *FileError) Error() string { return e.In(schemas.English) }

// In says the problems in a language, one on a line.
func (e *FileError) In(l schemas.Lang) string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		where := e.Path
		if p.Line > 0 {
			where = fmt.Sprintf(schemas.Text{FR: "%s, ligne %d", EN: "%s, line %d"}.In(l), e.Path, p.Line)
		}
		colon := ": "
		if l == schemas.French {
			colon = " : "
		}
		lines[i] = where + colon + p.What.In(l)
	}
	return strings.Join(lines, "\n")
}

// ReadFile reads agent.yaml. Paths in it are relative to its folder. A *[FileError] lists what is wrong with it.
func ReadFile(path string, connectors []importers.Connector) (*File, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return ParseFile(raw, path, dir, connectors)
}

// ParseFile is [ReadFile] of content that is there; dir is the folder that paths are relative to.
func ParseFile(raw []byte, name, dir string, connectors []importers.Connector) (*File, error) {
	r := &fileReader{dir: dir, connectors: connectors}
	f := r.read(raw)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b FileProblem) int { return a.Line - b.Line })
		return nil, &FileError{Path: name, Problems: r.problems}
	}
	return f, nil
}
