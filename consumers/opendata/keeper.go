package opendata

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says what is published, and where releases are kept.
type Config struct {
	// Store is where figures are read. Needed.
	Store Store
	// Folder keeps every release, as vitrine-QUARTER.json: the next one is made from the last. Who loses them publishes quarters anew, with
	// later corrections, which may tell small figures. Needed.
	Folder string
	// Catalogue is what indicators mean. Default: the one that is compiled in.
	Catalogue *schemas.Catalogue
	// Notice is what stands beside the data. Default: [DefaultNotice].
	Notice *Notice
	// Zone says when a quarter ends. Default UTC.
	Zone *time.Location
	// Delay is how long after its end a quarter is published, so that labs have said what happened; what comes later counts in the next
	// quarter. Default 30 days; negative: none.
	Delay time.Duration
	// Every is how often it is looked whether a quarter is due. Default an hour.
	Every time.Duration
	// Ready says whether everything that was sent is counted: nothing is published before. Default: always.
	Ready func(context.Context) bool
	// Whole calls read, which asks for figures, and fails if they weren't whole all the while, as while they are made again. Default: they always are.
	Whole func(ctx context.Context, read func() error) error
	// Fresh is for how long a directory that was read is good. Default a minute.
	Fresh time.Duration
	// Clock is the time. Default time.Now.
	Clock func() time.Time
	// Logger gets what goes wrong in the background. Default: none.
	Logger *slog.Logger
	// Registerer gets the metrics. Default: none.
	Registerer prometheus.Registerer
}

// Keeper makes releases when they are due, keeps them and gives them out. Its methods may be called from several goroutines.
type Keeper struct {
	config  Config
	metrics *metrics

	mu        sync.Mutex
	last      *Release
	took      time.Duration // reading the facts took so long the last time
	directory *Directory
	until     time.Time // the directory is good until then
	reading   chan struct{}
}

// ErrNone says that there is no release yet.
var ErrNone = errors.New("no quarter has been published yet")

// New checks the configuration and reads the last release, if there is one. It starts nothing.
func New(c Config) (*Keeper, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("open data: Store: expected one")
	case c.Folder == "":
		return nil, errors.New("open data: Folder: expected the folder that keeps the releases")
	}
	if c.Catalogue == nil {
		c.Catalogue = schemas.DefaultCatalogue()
	}
	if c.Notice == nil {
		notice := DefaultNotice()
		c.Notice = &notice
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	switch {
	case c.Delay == 0:
		c.Delay = 30 * 24 * time.Hour
	case c.Delay < 0:
		c.Delay = 0
	}
	if c.Every <= 0 {
		c.Every = time.Hour
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) bool { return true }
	}
	if c.Whole == nil {
		c.Whole = func(_ context.Context, read func() error) error { return read() }
	}
	if c.Fresh <= 0 {
		c.Fresh = time.Minute
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	k := &Keeper{config: c, metrics: newMetrics(c.Registerer), reading: make(chan struct{}, 1)}
	var err error
	k.last, err = lastIn(c.Folder)
	return k, err
}

// Run publishes quarters when they are due, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		if _, err := k.Update(ctx); err != nil && ctx.Err() == nil {
			k.metrics.failed.Inc()
			k.config.Logger.Error("open data can't be published; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(k.rest()):
		}
	}
}

// What a look may cost while there is no release: it reads all figures, and a new programme may have none for months.
const (
	looksSoon  = 5 * time.Second
	looksShare = 100
)

// rest is how long to wait until the next look. Until there is a first release pages wait for it, so that it is looked for soon,
// but a look takes a hundredth of the time at most.
func (k *Keeper) rest() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last != nil {
		return k.config.Every
	}
	return min(k.config.Every, max(looksSoon, looksShare*k.took))
}

// Due is the last quarter that ought to be published now.
func (k *Keeper) Due() Quarter {
	return LastComplete(k.config.Clock().In(k.config.Zone).Add(-k.config.Delay))
}

// Update publishes what is due, and gives the last release; nil where nothing can be published yet.
func (k *Keeper) Update(ctx context.Context) (*Release, error) {
	if err := k.adopt(); err != nil {
		return k.Release(), err
	}
	last, due := k.Release(), k.Due()
	if last != nil && last.Quarter >= due || !k.config.Ready(ctx) {
		return last, nil
	}
	began := time.Now()
	var facts *Facts
	err := k.config.Whole(ctx, func() (err error) {
		facts, err = ReadFacts(ctx, k.config.Store, k.config.Catalogue, due)
		return err
	})
	k.mu.Lock()
	k.took = time.Since(began)
	k.mu.Unlock()
	if err != nil {
		return last, err
	}
	if len(facts.Raw) == 0 && last == nil || !k.config.Ready(ctx) {
		return last, nil // the programme hasn't begun; or more came while it was read
	}
	r := Publish(facts, last)
	r.Made, r.Notice = k.config.Clock().UTC().Truncate(time.Second), *k.config.Notice
	switch err := save(k.config.Folder, r); {
	case errors.Is(err, fs.ErrExist): // another process came first: its figures are published, and these never
		err := k.adopt()
		return k.Release(), err
	case err != nil:
		return last, err
	}
	k.mu.Lock()
	k.last = r
	k.mu.Unlock()
	k.metrics.published.Inc()
	k.config.Logger.Info("open data published", "quarter", r.Quarter.String())
	return r, nil
}

// adopt takes over what another process has published into the same folder.
func (k *Keeper) adopt() error {
	r, err := lastIn(k.config.Folder)
	if err != nil || r == nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == nil || k.last.Quarter < r.Quarter {
		k.last = r
	}
	return nil
}

// Release is the last one; nil if there is none yet. It must not be changed.
func (k *Keeper) Release() *Release {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// Directory is what labs offer and announce, at most [Config.Fresh] old; while everything is being made again, the last one that was read. It must
// not be changed.
func (k *Keeper) Directory(ctx context.Context) (*Directory, error) {
	select { // one reads, the others wait for what it reads
	case k.reading <- struct{}{}:
		defer func() { <-k.reading }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	now := k.config.Clock()
	k.mu.Lock()
	have, until := k.directory, k.until
	k.mu.Unlock()
	if have != nil && now.Before(until) {
		return have, nil
	}
	d, err := ReadDirectory(ctx, k.config.Store, now)
	if errors.Is(err, clickhouse.ErrMadeOtherwise) && have != nil {
		return have, nil
	}
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.directory, k.until = d, now.Add(k.config.Fresh)
	k.mu.Unlock()
	return d, nil
}

func fileOf(q Quarter) string { return "vitrine-" + q.String() + ".json" }

// lastIn is the last release in a folder; nil if there is none.
func lastIn(folder string) (*Release, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	var quarters []Quarter
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), "vitrine-")
		name, isJSON := strings.CutSuffix(name, ".json")
		if q, err := ParseQuarter(name); ours && isJSON && err == nil {
			quarters = append(quarters, q)
		}
	}
	if len(quarters) == 0 {
		return nil, nil
	}
	path := filepath.Join(folder, fileOf(slices.Max(quarters)))
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	r, err := ReadJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("open data: %s: %w", path, err)
	}
	return r, nil
}

// save writes a release so that it is there whole or not at all, also after a power cut. One that is there already stays: its error
// is fs.ErrExist then.
func save(folder string, r *Release) (err error) {
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	f, err := os.CreateTemp(folder, ".release-*") // of this process alone
	if err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	if err := os.Link(f.Name(), filepath.Join(folder, fileOf(r.Quarter))); err != nil { // unlike a rename it replaces nothing
		return fmt.Errorf("open data: %w", err)
	}
	return flushFolder(folder)
}

// flushFolder makes a new name last through a power cut, where the system can.
func flushFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // folders can't be flushed there
	}
	d, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	return nil
}
