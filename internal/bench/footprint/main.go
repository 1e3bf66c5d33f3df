// Footprint says what Vitrine takes of a small machine: the size of its programs, how long `vitrine up` takes to start, its memory
// and CPU at rest and under a programme's load, and those of the lab's agent in 256 MiB.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"vitrine/internal/bench/running"
)

// settings are the flags.
type settings struct {
	vitrine, agent string
	during, settle time.Duration // how long each state is measured, and how long it is left alone before
	starts         int
	rate           float64 // events per second of the programme's load
	history        bool
	spooled        int
}

func main() {
	var s settings
	flag.StringVar(&s.vitrine, "vitrine", "bin/vitrine", "the binary")
	flag.StringVar(&s.agent, "agent", "", "vitrine-agent; empty: leave it out")
	flag.DurationVar(&s.during, "for", time.Minute, "how long each state is measured")
	flag.DurationVar(&s.settle, "settle", 20*time.Second, "how long it is left alone before")
	flag.IntVar(&s.starts, "starts", 3, "starts of vitrine up over the same data")
	flag.Float64Var(&s.rate, "rate", 2.5, "events per second of 14 labs; measured again with 100 times that. The default is the demo's live rate")
	flag.BoolVar(&s.history, "history", true, "load the demo's two years first, and measure with it as well")
	flag.IntVar(&s.spooled, "spooled", 10_000, "events that the agent keeps while there is no network")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		stop()
		os.Exit(1)
	}
}

// row is a line of the table.
type row struct {
	what   string
	cpu    float64 // of one core, in %
	memory running.Memory
}

func run(ctx context.Context, s settings) (err error) {
	if s.during <= 0 || s.starts < 1 || s.rate <= 0 {
		return errors.New("expected a time, a start and a rate above 0")
	}
	if s.vitrine, err = filepath.Abs(s.vitrine); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "vitrine-footprint-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, binary := range []string{s.vitrine, s.agent} {
		if binary == "" {
			continue
		}
		info, err := os.Stat(binary)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %.1f MB\n", filepath.Base(binary), float64(info.Size())/1e6)
	}

	var rows []row
	r := &rows
	if err := s.up(ctx, filepath.Join(dir, "empty"), "nothing stored", nil, r); err != nil {
		return err
	}
	if s.history {
		data := filepath.Join(dir, "demo")
		if out, err := running.Once(ctx, s.vitrine, "demo", "--once", "--data", data); err != nil {
			return fmt.Errorf("load the demo's history: %w\n%s", err, out)
		}
		if err := s.up(ctx, data, "two years of 14 labs", []float64{s.rate, 100 * s.rate}, r); err != nil {
			return err
		}
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "vitrine up\tCPU, % of a core\tRSS\tPSS\tprivate\tpeak RSS\t")
	for _, l := range rows {
		fmt.Fprintf(w, "%s\t%.1f\t%s\t%s\t%s\t%s\t\n", l.what, l.cpu, mib(l.memory.RSS), mib(l.memory.PSS), mib(l.memory.Private), mib(l.memory.Peak))
	}
	w.Flush()
	if s.agent == "" {
		return nil
	}
	return s.ofAgent(ctx, filepath.Join(dir, "agent"))
}

// up measures a data folder: starts over it, at rest, and under loads of so many events per second.
func (s settings) up(ctx context.Context, data, what string, rates []float64, rows *[]row) error {
	first, took := time.Duration(0), []time.Duration(nil)
	for i := range s.starts + 1 {
		up, err := running.StartUp(ctx, s.vitrine, data)
		if err != nil {
			return err
		}
		if i == 0 {
			first = up.Ready
		} else {
			took = append(took, up.Ready)
		}
		if i < s.starts {
			if err := up.Stop(); err != nil {
				return err
			}
			continue
		}
		err = s.states(ctx, up, what, rates, rows)
		if err := errors.Join(err, up.Stop()); err != nil {
			return err
		}
	}
	fmt.Printf("vitrine up, %s: ready after %s at the first start, %s to %s at later ones\n", what, first.Round(time.Millisecond), slices.Min(took).Round(time.Millisecond), slices.Max(took).Round(time.Millisecond))
	return nil
}

// states measures a running vitrine up at rest and under loads.
func (s settings) states(ctx context.Context, up *running.Up, what string, rates []float64, rows *[]row) error {
	l, err := s.state(ctx, up, what+", at rest")
	if err != nil {
		return err
	}
	*rows = append(*rows, l)
	for _, rate := range rates {
		sending, stop, err := sendUntil(ctx, up, rate, s.settle+s.during)
		if err != nil {
			return err
		}
		l, err := s.state(ctx, up, fmt.Sprintf("%s, %g events/s", what, rate))
		stop()
		if err := errors.Join(err, <-sending); err != nil {
			return err
		}
		*rows = append(*rows, l)
	}
	return nil
}

func (s settings) state(ctx context.Context, up *running.Up, what string) (l row, err error) {
	if err := rest(ctx, s.settle); err != nil {
		return l, err
	}
	before, err := running.CPU(up.PID())
	if err != nil {
		return l, err
	}
	began := time.Now()
	if err := rest(ctx, s.during); err != nil {
		return l, err
	}
	after, err := running.CPU(up.PID())
	if err != nil {
		return l, err
	}
	l.what, l.cpu = what, 100*(after-before).Seconds()/time.Since(began).Seconds()
	l.memory, err = running.MemoryOf(up.PID())
	return l, err
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
