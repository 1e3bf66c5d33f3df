package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vitrine/internal/bench/loops"
)

// contender is one of those that take part.
type contender struct {
	name  string
	what  string
	bento bool // needs bento's binary
	run   func(*arena, context.Context, contender) (measurement, error)
}

// contenders are all of them, in the order of a round.
func contenders() []contender {
	return []contender{
		{name: "fetch", what: "JetStream fetch, each message acknowledged", run: (*arena).runLoop},
		{name: "fetch-ackall", what: "JetStream fetch, 10,000 acknowledged at once", run: (*arena).runLoop},
		{name: "decode", what: "schemas.Decoder in memory, one core", run: (*arena).runAlone},
		{name: "insert", what: "ready native blocks into the plain table", run: (*arena).runAlone},
		{name: "plain", what: "encoding/json, rows, one step after the other", run: (*arena).runLoop},
		{name: "plain-best", what: "jx, native blocks, AckAll, pipelined", run: (*arena).runLoop},
		{name: "bento", what: "bento, sql_insert, batches of 10,000", bento: true, run: (*arena).runBento},
		{name: "bento-raw", what: "bento, raw JSON to the engine", bento: true, run: (*arena).runBento},
		{name: "vitrine", what: "stream to visible figures, exact", run: (*arena).runVitrine},
	}
}

func contenderNames() string {
	var names []string
	for _, c := range contenders() {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// plainTable makes a database with the plain table.
func (a *arena) plainTable(ctx context.Context) (*database, error) {
	d, err := newDatabase(ctx, a.clickhouseURL, a.databaseName())
	if err != nil {
		return nil, err
	}
	fsync := "0"
	if a.durable {
		fsync = "1"
	}
	_, err = d.query(ctx, strings.ReplaceAll(loops.PlainTable, "{fsync}", fsync))
	return d, err
}

// loopArgs start a loop's process.
func (a *arena) loopArgs(name string, d *database) []string {
	c := a.stage.load.Config
	return []string{"-nats", a.natsURL, "-clickhouse", d.url(), "-messages", fmt.Sprint(a.stage.load.Len()),
		"-labs", fmt.Sprint(c.Labs), "-events", fmt.Sprint(c.Events), "-seed", fmt.Sprint(c.Seed), "-shape", string(c.Shape), "-until", c.Until.Format(time.RFC3339), name}
}

// runLoop measures a loop that reads the stream.
func (a *arena) runLoop(ctx context.Context, c contender) (m measurement, err error) {
	d, err := a.plainTable(ctx)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	m, err = a.drain(ctx, c.name, func() (*child, error) { return self(roleLoop, a.loopArgs(c.name, d)...) }, nil)
	if err == nil && strings.HasPrefix(c.name, "plain") {
		err = a.complete(ctx, d)
	}
	return m, err
}

// complete compares the plain table with the stream: every event is there in some version.
func (a *arena) complete(ctx context.Context, d *database) error {
	got, err := d.query(ctx, "SELECT uniqExact(lab, id) FROM plain")
	if err != nil {
		return err
	}
	if want := fmt.Sprint(a.stage.distinct); got != want {
		return fmt.Errorf("%s events are in the plain table, want %s", got, want)
	}
	return nil
}

// runAlone measures a loop without a stream, which measures itself.
func (a *arena) runAlone(ctx context.Context, c contender) (m measurement, err error) {
	d, err := a.plainTable(ctx)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	engine := cpuTime(a.clickhouse)
	p, err := self(roleLoop, a.loopArgs(c.name, d)...)
	if err != nil {
		return m, err
	}
	text, err := p.line(ctx)
	if err == nil {
		<-p.done
		err = p.err
	}
	if err != nil {
		return m, errors.Join(err, p.stop())
	}
	rate, err := loops.ReadRate(text)
	if err != nil {
		return m, err
	}
	return measurement{Events: rate.Events, Seconds: rate.Took.Seconds(), ConsumerCPU: rate.CPU.Seconds(), EngineCPU: (cpuTime(a.clickhouse) - engine).Seconds()}, nil
}

// runLoop is the process that runLoop and runAlone start.
func runLoop(ctx context.Context, args []string, stdout io.Writer) error {
	name, c, err := parseLoop(args)
	if err != nil {
		return err
	}
	rate, err := loops.Run(ctx, name, c)
	if err != nil || rate.Events == 0 {
		return err
	}
	return loops.WriteRate(stdout, rate)
}
