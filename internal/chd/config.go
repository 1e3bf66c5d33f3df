package chd

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

const (
	// DefaultAddr is where ClickHouse's HTTP interface listens by custom; loopback only.
	DefaultAddr = "127.0.0.1:8123"
	// DefaultPool is how many statements run at once. See BenchmarkPool.
	DefaultPool = 8
	// DefaultStopTimeout is how long Run lets running statements finish.
	DefaultStopTimeout = 30 * time.Second
	// DefaultQueueTimeout is how long a statement waits for its turn.
	DefaultQueueTimeout = 60 * time.Second
	// DefaultMaxQuerySize bounds a statement's text, inline VALUES included, in bytes.
	DefaultMaxQuerySize = 256 << 20

	// fallbackMemory is assumed where the machine's memory can't be told.
	fallbackMemory = 4 << 30
	// minMemory is the least with which the engine does anything useful.
	minMemory = 256 << 20
)

// The users. The engine itself knows none of their passwords: this endpoint
// asks for them.
const (
	UserDefault = "default" // reads and writes
	UserAnalyst = "analyst" // reads
)

// Config says where the engine keeps its data, where it listens, and its limits.
type Config struct {
	// Dir is the data folder. It is created when missing, with its parents, and
	// belongs to one process at a time. Required.
	Dir string
	// Addr is the host:port to listen on; empty means DefaultAddr. Port 0 means
	// any free one; URL then tells which. Beyond loopback, Password is required.
	Addr string
	// Engine is the path of the libchdb library; empty means the one in Fetch's
	// default cache, which must be there already: Run fetches nothing.
	Engine string
	// Pool is how many statements run at once, 1 to 256; 0 means DefaultPool.
	// Each of as many sessions (session_id) may hold one connection more.
	Pool int
	// MaxMemory bounds the engine's memory in bytes, at least 256 MiB; 0 means
	// half of the machine's (or container's). One statement gets two thirds of it.
	MaxMemory int64
	// MaxThreads is how many threads one statement uses; 0 means the CPUs that Go may use.
	MaxThreads int
	// Password is asked of the user "default"; empty lets everyone in who reaches
	// Addr, who must be on this machine.
	Password string
	// AnalystPassword is asked of the user "analyst", who may only read. Empty means that there is no such user if
	// Password is set, and that none is asked for if not. Beyond loopback it is required.
	AnalystPassword string
	// TLS, when set, is what every client must speak; where its ClientAuth asks for certificates, with
	// one. nil: the connections aren't encrypted.
	TLS *tls.Config
	// Clusters are clusters that consist of this engine alone, as their names and how many shards each has: every shard is the
	// engine again, so with two of them a row is read twice. Tables of the engine Distributed may be made on them. It is for
	// trying what is meant for real clusters; nil, the default, allows no such table.
	Clusters map[string]int
	// AnalystRelations are what the analyst may read, as database.relation or database.*; what a view reads
	// follows from the view's own definer. Empty means nothing but what the engine says of itself.
	AnalystRelations []string
	// AnalystStatements is how many statements of analysts run at once, 1 to Pool; 0 means half of Pool. More wait for their turn.
	AnalystStatements int
	// AnalystQuota bounds what analysts ask for within an hour; zero fields mean DefaultQuota's.
	AnalystQuota Quota
	// QueueTimeout is how long a statement waits for its turn before it is
	// refused; 0 means DefaultQueueTimeout.
	QueueTimeout time.Duration
	// StopTimeout is how long Run lets running statements finish before it
	// cancels them; 0 means DefaultStopTimeout.
	StopTimeout time.Duration
	// MaxQuerySize bounds a statement's text in bytes, the data of other formats
	// than VALUES not counted; 0 means DefaultMaxQuerySize.
	MaxQuerySize int64
	// Logger receives what the endpoint has to say; nil discards it. Statements
	// and data are never logged.
	Logger *slog.Logger
}

// withDefaults fills in the defaults and refuses what can't work. All the
// problems are reported at once.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("field Dir is empty: name the data folder"))
	} else if abs, err := filepath.Abs(c.Dir); err != nil {
		errs = append(errs, fmt.Errorf("field Dir: %w", err))
	} else {
		c.Dir = abs
	}
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if host, _, err := net.SplitHostPort(c.Addr); err != nil {
		errs = append(errs, fmt.Errorf("field Addr %q isn't host:port: %w", c.Addr, err))
	} else if !isLoopback(host) && (c.Password == "" || c.AnalystPassword == "") {
		errs = append(errs, fmt.Errorf("field Addr %q can be reached from other machines: set Password and AnalystPassword, or listen on 127.0.0.1", c.Addr))
	}
	if c.Password != "" && subtle.ConstantTimeCompare([]byte(c.Password), []byte(c.AnalystPassword)) == 1 {
		errs = append(errs, errors.New("fields Password and AnalystPassword are the same: an analyst would be the service"))
	}
	for _, name := range c.AnalystRelations {
		if !relationName(name) {
			errs = append(errs, fmt.Errorf("field AnalystRelations has %q: expected database.relation or database.*", name))
		}
	}
	if c.Engine == "" {
		path, err := DefaultEngine()
		if err != nil {
			errs = append(errs, err)
		}
		c.Engine = path
	}
	if c.Pool == 0 {
		c.Pool = DefaultPool
	}
	if c.Pool < 1 || c.Pool > 256 {
		errs = append(errs, fmt.Errorf("field Pool is %d: it must be 1 to 256", c.Pool))
	}
	if c.AnalystStatements == 0 {
		c.AnalystStatements = max(1, c.Pool/2)
	}
	if c.AnalystStatements < 1 || c.AnalystStatements > c.Pool {
		errs = append(errs, fmt.Errorf("field AnalystStatements is %d: it must be 1 to Pool, %d", c.AnalystStatements, c.Pool))
	}
	c.AnalystQuota = c.AnalystQuota.withDefaults()
	if c.MaxMemory == 0 {
		total := machineMemory()
		if total == 0 {
			total = fallbackMemory
		}
		c.MaxMemory = max(total/2, minMemory)
	}
	if c.MaxMemory < minMemory {
		errs = append(errs, fmt.Errorf("field MaxMemory is %d bytes: it must be at least %d", c.MaxMemory, minMemory))
	}
	if c.MaxThreads == 0 {
		c.MaxThreads = runtime.GOMAXPROCS(0)
	}
	if c.MaxThreads < 1 {
		errs = append(errs, fmt.Errorf("field MaxThreads is %d: it must be at least 1", c.MaxThreads))
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{{"QueueTimeout", &c.QueueTimeout, DefaultQueueTimeout}, {"StopTimeout", &c.StopTimeout, DefaultStopTimeout}} {
		if *d.value < 0 {
			errs = append(errs, fmt.Errorf("%s is %s: it must not be negative", d.name, *d.value))
		}
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if c.MaxQuerySize == 0 {
		c.MaxQuerySize = DefaultMaxQuerySize
	}
	if c.MaxQuerySize < 1 {
		errs = append(errs, fmt.Errorf("field MaxQuerySize is %d bytes: it must be at least 1", c.MaxQuerySize))
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("chd: configuration: %w", errors.Join(errs...))
	}
	return c, nil
}

// relationName tells whether a name is database.relation or database.*, of letters, digits and _: it goes into a grant.
func relationName(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.([A-Za-z_][A-Za-z0-9_]*|\*)$`).MatchString(name)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
