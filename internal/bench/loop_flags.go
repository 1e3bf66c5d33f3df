package main

import (
	"flag"
	"fmt"
	"time"

	"vitrine/internal/bench/load"
	"vitrine/internal/bench/loops"
)

// parseLoop reads what loopArgs wrote.
func parseLoop(args []string) (name string, c loops.Config, err error) {
	var shape, until string
	f := flag.NewFlagSet(roleLoop, flag.ContinueOnError)
	f.StringVar(&c.NATS, "nats", "", "URL of the NATS server")
	f.StringVar(&c.ClickHouse, "clickhouse", "", "URL of the database")
	f.IntVar(&c.Messages, "messages", 0, "messages in the stream")
	f.IntVar(&c.Load.Labs, "labs", 0, "of the load")
	f.IntVar(&c.Load.Events, "events", 0, "of the load")
	f.Uint64Var(&c.Load.Seed, "seed", 0, "of the load")
	f.StringVar(&shape, "shape", "", "of the load")
	f.StringVar(&until, "until", "", "of the load")
	if err := f.Parse(args); err != nil {
		return "", c, err
	}
	if f.NArg() != 1 {
		return "", c, fmt.Errorf("loop: expected one name, found %d", f.NArg())
	}
	c.Load.Shape = load.Shape(shape)
	c.Load.Until, err = time.Parse(time.RFC3339, until)
	return f.Arg(0), c, err
}
