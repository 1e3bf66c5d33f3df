package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"vitrine/internal/bench/load"
)

// options are what the harness is asked for.
type options struct {
	load    load.Config
	runs    int
	only    []string
	durable bool
	vitrine string // path of the binary
	bento   string // path; empty: bento isn't measured
	data    string // folder; empty: one that is removed afterwards
	json    string
	timeout time.Duration
	consume []string // flags for vitrine consume
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var messages int
	var only, shape, consume string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&messages, "events", 300_000, "messages in all, two of each lab's for its registration and agreement among them; "+
		"a multiple of 50,000 leaves no contender with a last batch that it waits to be filled")
	f.IntVar(&o.load.Labs, "labs", 1000, "labs, 1 to 9,999")
	f.Uint64Var(&o.load.Seed, "seed", 1, "tells loads of the same size apart")
	f.StringVar(&shape, "shape", string(load.Recent), "order of the events: recent or backfill")
	f.IntVar(&o.runs, "runs", 5, "rounds; in each, every contender runs once")
	f.StringVar(&only, "only", "", "contenders to run, separated by commas (default: all that are there)")
	f.BoolVar(&o.durable, "durable", true, "flush what is inserted and acknowledged to the disk, as Vitrine does by default; the same for all contenders")
	f.StringVar(&o.vitrine, "vitrine", "bin/vitrine", "the vitrine binary")
	f.StringVar(&o.bento, "bento", "", "the bento binary, built from internal/bench/bento (default: not measured)")
	f.StringVar(&o.data, "data", "", "folder that keeps the published stream for the next time (default: a temporary one)")
	f.StringVar(&o.json, "json", "", "write every measurement to this file too")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long one run of a contender may take")
	f.StringVar(&consume, "consume", "", "flags for vitrine consume, separated by spaces")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.load.Events = messages - 2*o.load.Labs
	o.load.Shape, o.load.Until = load.Shape(shape), time.Now().Truncate(time.Second)
	o.consume = strings.Fields(consume)
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("argument %q: expected flags only", f.Arg(0))
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d: expected at least 1", o.runs)
	}
	for _, name := range o.only {
		if !slices.ContainsFunc(contenders(), func(c contender) bool { return c.name == name }) {
			return o, fmt.Errorf("-only %s: expected some of %s", name, contenderNames())
		}
	}
	if o.load.Events < 1 {
		return o, fmt.Errorf("-events %d: expected more than two for each of %d labs", messages, o.load.Labs)
	}
	if _, err := load.New(o.load); err != nil {
		return o, err
	}
	if _, err := os.Stat(o.vitrine); o.wants(contender{name: "vitrine"}) && err != nil {
		return o, fmt.Errorf("-vitrine: %w (make build makes it)", err)
	}
	return o, nil
}

// wants says whether a contender is to run.
func (o options) wants(c contender) bool {
	if c.bento && o.bento == "" {
		return false
	}
	return len(o.only) == 0 || slices.Contains(o.only, c.name)
}

// save writes the measurements as JSON.
func (o options) save(rounds []round, about machine) error {
	if o.json == "" {
		return nil
	}
	raw, err := json.MarshalIndent(struct {
		Machine machine `json:"machine"`
		Rounds  []round `json:"rounds"`
	}{about, rounds}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(raw, '\n'), 0o644)
}
