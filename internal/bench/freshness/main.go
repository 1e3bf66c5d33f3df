// Freshness says how soon an event that is published shows in a status, under a steady load:
//
//	load ──── 1,000 events/s ──┐
//	probe ─── one each 250 ms ─┴► vitrine up (a process of its own) ◄─ polls: acknowledged? in commitment_status?
//
// Afterwards `vitrine verify` must find every figure exact.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"vitrine/internal/bench/latency"
	"vitrine/internal/bench/running"
)

// settings are the flags.
type settings struct {
	vitrine, data  string
	labs, rate     int
	during, every  time.Duration // how long the load lasts; between two probes
	pause          time.Duration // between two polls
	flags          []string      // of vitrine up
	verifyAtMost   time.Duration
	keep, noVerify bool
}

func main() {
	var s settings
	var up string
	flag.StringVar(&s.vitrine, "vitrine", "bin/vitrine", "the binary")
	flag.StringVar(&s.data, "data", "", "data folder, which may hold events already (default: one that is removed afterwards)")
	flag.IntVar(&s.labs, "labs", 14, "labs that send the load")
	flag.IntVar(&s.rate, "rate", 1000, "events per second; 0: none but the probes")
	flag.DurationVar(&s.during, "for", time.Minute, "how long")
	flag.DurationVar(&s.every, "every", 250*time.Millisecond, "between two probes")
	flag.DurationVar(&s.pause, "pause", 20*time.Millisecond, "between two polls of commitment_status")
	flag.StringVar(&up, "up", "", "further flags of vitrine up, divided by blanks")
	flag.DurationVar(&s.verifyAtMost, "verify-timeout", 10*time.Minute, "how long vitrine verify may wait")
	flag.BoolVar(&s.noVerify, "no-verify", false, "leave vitrine verify out")
	flag.Parse()
	s.flags = strings.Fields(up)
	s.keep = s.data != ""
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "freshness:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	if s.labs < 1 || s.rate < 0 || s.during < s.every || s.every <= 0 {
		return errors.New("expected labs and probes of at least 1, and a time that holds a probe")
	}
	if !s.keep {
		if s.data, err = os.MkdirTemp("", "vitrine-freshness-"); err != nil {
			return err
		}
		defer os.RemoveAll(s.data)
	}
	if s.vitrine, err = filepath.Abs(s.vitrine); err != nil {
		return err
	}
	up, err := running.StartUp(ctx, s.vitrine, s.data, s.flags...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, up.Stop()) }()
	r, err := measure(ctx, up, s)
	if err != nil {
		return err
	}
	r.print(s)
	if s.noVerify {
		return nil
	}
	out, err := up.Run(ctx, "verify", "--timeout", s.verifyAtMost.String())
	if err != nil {
		return err
	}
	fmt.Println()
	fmt.Print(out)
	return nil
}

func (r *result) print(s settings) {
	fmt.Printf("%d labs, %d events/s asked for, %.0f sent over %s; %d probes, %d of them seen\n\n",
		s.labs, s.rate, float64(r.sent)/r.took.Seconds(), r.took.Round(100*time.Millisecond), r.probes, len(r.visible))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "from publishing a probe until\tp50\tp99\tmax\t")
	row := func(what string, all []time.Duration) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", what, ms(latency.Quantile(all, 0.5)), ms(latency.Quantile(all, 0.99)), ms(latency.Quantile(all, 1)))
	}
	row("JetStream acknowledged it", r.accepted)
	row("the consumer acknowledged it", r.counted)
	row("it shows in commitment_status", r.visible)
	fmt.Fprintln(w, "one poll of commitment_status\t\t\t\t")
	row("at rest", r.pollAtRest)
	row("under the load", r.polls)
	w.Flush()
	fmt.Printf("\nA poll at rest takes %s of CPU. Over the time vitrine up used %.0f %% of a core.\n\n", ms(r.pollCPU), 100*r.cpu.Seconds()/r.took.Seconds())
	fmt.Fprintln(w, "step of the consumer\ttimes\tmean\tshare of the time\t")
	for _, st := range r.steps {
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%.0f %%\t\n", st.name, st.times, ms(time.Duration(st.seconds/max(st.times, 1)*float64(time.Second))), 100*st.seconds/r.took.Seconds())
	}
	w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }
