package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"vitrine/schemas"
)

// series is one programme's store, which grows.
type series struct {
	*growth
	stage    *stage
	engine   *child
	database *database
}

// level fills the store up to a number of messages, and measures some more. It saves after each measurement, and goes on with
// one that was saved: what is left of a probe that was broken off is counted, and not measured.
func (p *series) level(ctx context.Context, l level, save func(level) error) error {
	have, err := p.stored(ctx)
	if err != nil {
		return err
	}
	if err := p.room(p.stage.dir, l.Stored+p.probe*p.probes-have); err != nil {
		return err
	}
	began := time.Now()
	if have < l.Stored {
		if _, err := p.feed(ctx, l.Stored, 0); err != nil {
			return err
		}
		fmt.Fprintf(p.log, "%d labs: %d messages are stored, after %s\n", l.Labs, l.Stored, time.Since(began).Round(time.Second))
	}
	for n := len(l.Rates); n < p.probes; n++ {
		m, err := p.feed(ctx, l.Stored+(n+1)*p.probe, p.warm)
		if err != nil {
			return err
		}
		if m.rate == 0 { // it was whole but not saved, or broken off
			continue
		}
		l.Rates, l.Starts, l.CellMicros, l.Consumer = append(l.Rates, m.rate), append(l.Starts, m.start), append(l.CellMicros, m.cellMicros), max(l.Consumer, m.consumer)
		fmt.Fprintf(p.log, "%d labs, %d stored: %.0f events/s, after %.1f s for the first %d\n", l.Labs, l.Stored, m.rate, m.start, p.warm)
		if err := save(l); err != nil {
			return err
		}
	}
	if len(l.Rates) == 0 {
		return errors.New("broken off so often that nothing was measured: take another folder")
	}
	if err := p.sizes(ctx, &l); err != nil {
		return err
	}
	if p.verify {
		if l.Verified, err = p.verified(ctx); err != nil {
			return err
		}
	}
	l.Done = true
	return save(l)
}

// sizes measures what the engine holds in memory, and both on the disk.
func (p *series) sizes(ctx context.Context, l *level) error {
	l.Engine = peakMemory(p.engine)
	now := float64(l.Stored + p.probe*p.probes)
	bytes, err := p.database.query(ctx, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'vitrine'")
	if err != nil {
		return err
	}
	tables, err := strconv.ParseFloat(bytes, 64)
	if err != nil {
		return err
	}
	stream, err := sizeOf(filepath.Join(p.stage.dir, "nats"))
	l.TableBytes, l.StreamBytes = tables/now, float64(stream)/now
	return err
}

// stored is how many messages the database has seen.
func (p *series) stored(ctx context.Context) (int, error) {
	exists, err := p.database.query(ctx, "EXISTS TABLE event_store")
	if err != nil || exists != "1" {
		return 0, err
	}
	highest, err := p.database.query(ctx, "SELECT max(stream_seq) FROM event_versions")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(highest)
}

// probed is what a feeding measured.
type probed struct {
	rate, start, cellMicros float64
	consumer                uint64
}

// feed publishes up to a number of messages, and has them consumed: measured after the first of them.
func (p *series) feed(ctx context.Context, upTo, warm int) (m probed, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, fmt.Errorf("not done after %s", p.timeout))
	defer cancel()
	store := filepath.Join(p.stage.dir, "nats")
	quick, url, err := startServer(ctx, roleNATS, "-dir", store, "-sync", flushEvery.String())
	if err != nil {
		return m, err
	}
	if err := errors.Join(publish(ctx, url, p.stage.load, upTo), quick.stop()); err != nil {
		return m, err
	}
	return m, p.serving(ctx, func(url string, js nats.JetStreamContext) error {
		m, err = p.consume(ctx, url, js, upTo, warm)
		return err
	})
}

// serving runs something with a NATS server that flushes each message.
func (p *series) serving(ctx context.Context, do func(url string, js nats.JetStreamContext) error) (err error) {
	server, url, err := startServer(ctx, roleNATS, "-dir", filepath.Join(p.stage.dir, "nats"), "-sync", "0s")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	conn, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		return err
	}
	return do(url, js)
}

// consume measures vitrine consume from its first batch, or from when it has counted so many messages, until nothing is left.
func (p *series) consume(ctx context.Context, url string, js nats.JetStreamContext, upTo, warm int) (m probed, err error) {
	urls := []string{"--lang", "en", "--nats-url", url, "--clickhouse-url", p.database.url()}
	before, err := js.ConsumerInfo(schemas.StreamEvents, schemas.ConsumerDurable, nats.Context(ctx))
	if errors.Is(err, nats.ErrConsumerNotFound) {
		before, err = &nats.ConsumerInfo{}, nil
	}
	if err != nil || upTo == int(before.AckFloor.Stream) {
		return m, err
	}
	if rest := upTo - int(before.AckFloor.Stream); before.NumAckPending > 0 || rest < 2*warm {
		warm = 0 // broken off before: it is only finished
		defer func() { m.rate = 0 }()
	}
	if _, err := runCommand(ctx, p.vitrine, append([]string{"migrate"}, urls...)...); err != nil {
		return m, err
	}
	addr, err := freeAddress()
	if err != nil {
		return m, err
	}
	c, err := start("vitrine consume", p.vitrine, append([]string{"consume", "--http-addr", addr}, urls...)...)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	var began, since time.Time
	var from uint64 // messages counted by then
	var early recompute
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return m, c.failed()
		case <-ctx.Done():
			return m, context.Cause(ctx)
		case <-tick.C:
		}
		info, err := js.ConsumerInfo(schemas.StreamEvents, schemas.ConsumerDurable, nats.Context(ctx))
		if errors.Is(err, nats.ErrConsumerNotFound) {
			continue
		} else if err != nil {
			return m, err
		}
		if began.IsZero() && info.Delivered.Consumer > before.Delivered.Consumer {
			began = time.Now()
			since = began
		}
		// Not by what all is acknowledged up to: batches are counted side by side.
		counted := info.Delivered.Consumer - before.Delivered.Consumer - uint64(info.NumAckPending)
		if from == 0 && warm > 0 && !began.IsZero() && counted >= uint64(warm) && info.NumPending+uint64(info.NumAckPending) > 0 {
			since, from = time.Now(), counted
			m.start = since.Sub(began).Seconds()
			if early, err = recomputed(ctx, addr); err != nil {
				return m, err
			}
		}
		if info.NumPending > 0 || info.NumAckPending > 0 || info.Delivered.Stream < uint64(upTo) {
			continue
		}
		m.rate = float64(uint64(upTo)-before.AckFloor.Stream-from) / time.Since(since).Seconds()
		m.consumer = peakMemory(c)
		all, err := recomputed(ctx, addr)
		if n := all.cells - early.cells; n > 0 {
			m.cellMicros = (all.seconds - early.seconds) / n * 1e6
		}
		return m, err
	}
}

// recompute is how many cells a consumer has computed, and how long that took.
type recompute struct{ cells, seconds float64 }

func recomputed(ctx context.Context, addr string) (r recompute, err error) {
	took, err := steps(ctx, "http://"+addr+"/metrics")
	if err != nil {
		return r, err
	}
	n, err := cells(ctx, "http://"+addr+"/metrics")
	return recompute{n, took["recompute"]}, err
}

func (p *series) verified(ctx context.Context) (said string, err error) {
	err = p.serving(ctx, func(url string, _ nats.JetStreamContext) error {
		out, err := runCommand(ctx, p.vitrine, "verify", "--lang", "en", "--nats-url", url, "--clickhouse-url", p.database.url())
		said = lastLine(out)
		return err
	})
	return said, err
}

// sizeOf is what the files of a folder take, in bytes.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
