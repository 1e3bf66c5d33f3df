package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"vitrine/internal/bench/load"
	"vitrine/internal/chd"
)

// growth measures the consumer on stores of several sizes and programmes of several sizes: does what it does for an event depend
// on how much there is?
type growth struct {
	vitrine, data, svg string
	stored             []int // messages in the store before a probe
	labs               []int
	probe, probes      int // messages in each probe, and how many of them
	warm               int // messages of each that are counted before the clock begins
	verify             bool
	timeout            time.Duration
	log                io.Writer
}

// level is what was measured on a store of a size.
type level struct {
	Labs        int       `json:"labs"`
	Stored      int       `json:"stored"` // messages
	Warm        int       `json:"warm"`   // of each probe, before the clock began
	Rates       []float64 `json:"rates"`  // events/s, one for each probe
	Starts      []float64 `json:"starts"` // seconds from the first delivery until the first messages are counted
	CellMicros  []float64 `json:"cell_micros"`
	Consumer    uint64    `json:"consumer_memory"` // at its highest, bytes
	Engine      uint64    `json:"engine_memory"`
	StreamBytes float64   `json:"stream_bytes"` // on disk, per message
	TableBytes  float64   `json:"table_bytes"`  // all tables, per message
	Verified    string    `json:"verified"`
	Done        bool      `json:"done"`
}

func parseGrowth(args []string, stderr io.Writer) (growth, error) {
	g := growth{log: stderr}
	var stored, labs string
	f := flag.NewFlagSet("growth", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&g.vitrine, "vitrine", "bin/vitrine", "the vitrine binary")
	f.StringVar(&g.data, "data", "", "folder that keeps stores and what was measured: a run that is broken off goes on where it was")
	f.StringVar(&stored, "stored", "0,1000000,10000000", "messages stored before each measurement, rising")
	f.StringVar(&labs, "labs", "14,1000,9999", "sizes of programmes; each has a store of its own")
	f.IntVar(&g.probe, "probe", 300_000, "messages that are measured at once")
	f.IntVar(&g.warm, "warm", 100_000, "the first of them, whose time is told apart: with them a consumer that has just started reads the latest days back")
	f.IntVar(&g.probes, "probes", 3, "measurements on each store; they add to it")
	f.BoolVar(&g.verify, "verify", true, "have vitrine verify say whether every figure is exact, for each store")
	f.StringVar(&g.svg, "svg", "", "write the plot to this file")
	f.DurationVar(&g.timeout, "timeout", 12*time.Hour, "how long filling a store may take")
	if err := f.Parse(args); err != nil {
		return g, err
	}
	var err error
	if g.stored, err = numbers("-stored", stored, 0); err != nil {
		return g, err
	}
	if g.labs, err = numbers("-labs", labs, 1); err != nil {
		return g, err
	}
	switch {
	case g.data == "":
		return g, errors.New("-data: expected a folder")
	case g.probe < 1 || g.probes < 1:
		return g, fmt.Errorf("-probe %d, -probes %d: expected at least 1", g.probe, g.probes)
	case g.tooClose():
		return g, fmt.Errorf("-stored %s: expected rising numbers, each with room for the %d messages that are measured on the one before", stored, g.probe*g.probes)
	case g.warm < 0 || 2*g.warm > g.probe:
		return g, fmt.Errorf("-warm %d: expected at most half of -probe %d", g.warm, g.probe)
	}
	_, err = os.Stat(g.vitrine)
	return g, err
}

// tooClose says that what is measured on a store would fill it beyond the next one's size.
func (g *growth) tooClose() bool {
	for n := 1; n < len(g.stored); n++ {
		if g.stored[n] < g.stored[n-1]+g.probe*g.probes {
			return true
		}
	}
	return false
}

func numbers(name, text string, least int) (all []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < least {
			return nil, fmt.Errorf("%s %q: expected numbers from %d, separated by commas", name, text, least)
		}
		all = append(all, n)
	}
	return all, nil
}

func runGrowth(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	g, err := parseGrowth(args, stderr)
	if err != nil {
		return err
	}
	var all []level
	for _, labs := range g.labs {
		levels, err := g.measure(ctx, labs)
		if err != nil {
			return fmt.Errorf("%d labs: %w", labs, err)
		}
		all = append(all, levels...)
	}
	return g.report(stdout, all)
}

// measure measures one programme, from the empty store to the fullest.
func (g *growth) measure(ctx context.Context, labs int) (done []level, err error) {
	total := g.stored[len(g.stored)-1] + len(g.stored)*g.probe*g.probes
	c := load.Config{Labs: labs, Events: total - 2*labs, Seed: 1, Shape: load.Recent, Until: time.Now().Truncate(time.Second), Over: 2 * 365 * 24 * time.Hour}
	s, err := newStage(options{data: filepath.Join(g.data, fmt.Sprintf("labs-%d", labs)), load: c})
	if err != nil {
		return nil, err
	}
	if err := s.mark(); err != nil {
		return nil, err
	}
	results := filepath.Join(s.dir, "levels.json")
	if raw, err := os.ReadFile(results); err == nil {
		if err := json.Unmarshal(raw, &done); err != nil {
			return nil, fmt.Errorf("%s: %w", results, err)
		}
		if i := slices.IndexFunc(done, func(l level) bool { return l.Warm != g.warm }); i >= 0 {
			return nil, fmt.Errorf("%s was measured with -warm %d, not %d: give another folder", results, done[i].Warm, g.warm)
		}
	}
	if len(done) == len(g.stored) && done[len(done)-1].Done {
		return done, nil
	}
	engine, err := chd.Fetch(ctx, chd.FetchConfig{Progress: g.log})
	if err != nil {
		return nil, err
	}
	columns, url, err := startServer(ctx, roleClickHouse, "-dir", filepath.Join(s.dir, "clickhouse"), "-engine", engine)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, columns.stop()) }()
	p := &series{growth: g, stage: s, engine: columns, database: &database{server: url, name: "vitrine"}}
	if _, err := p.database.query(ctx, "CREATE DATABASE IF NOT EXISTS vitrine"); err != nil {
		return nil, err
	}
	save := func(l level) error {
		if n := len(done); n > 0 && done[n-1].Stored == l.Stored {
			done = done[:n-1]
		}
		done = append(done, l)
		raw, err := json.MarshalIndent(done, "", "  ")
		if err != nil {
			return err
		}
		return os.WriteFile(results, append(raw, '\n'), 0o644)
	}
	for n, stored := range g.stored {
		l := level{Labs: labs, Stored: stored, Warm: g.warm, Verified: "not asked"}
		if n < len(done) {
			l = done[n]
		}
		if l.Done {
			continue
		}
		if err := p.level(ctx, l, save); err != nil {
			return nil, fmt.Errorf("%d stored: %w", stored, err)
		}
	}
	return done, nil
}

// room refuses to fill a disk: a message takes some 1,100 bytes in the stream and the tables, and merges need more for a while.
func (g *growth) room(dir string, messages int) error {
	const perMessage, spare = 1100, 2 << 30
	use, err := disk.Usage(dir)
	if err != nil {
		return err
	}
	if need := uint64(max(0, messages))*perMessage + spare; use.Free < need {
		return fmt.Errorf("%s has %d GiB left, %d more messages need %d", dir, use.Free>>30, messages, need>>30)
	}
	return nil
}
