package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go"
)

// machine says what was measured on, and with what.
type machine struct {
	Cores      int    `json:"cores"`
	Processor  string `json:"processor"`
	OS         string `json:"os"`
	Go         string `json:"go"`
	NATS       string `json:"nats"`
	ClickHouse string `json:"clickhouse"`
	Load       string `json:"load"`
	Durable    bool   `json:"durable"`
}

func (a *arena) about(ctx context.Context, conn *nats.Conn) (machine, error) {
	d := database{server: a.clickhouseURL, name: "default"}
	version, err := d.query(ctx, "SELECT version()")
	c := a.stage.load.Config
	return machine{Cores: runtime.NumCPU(), Processor: processor(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), NATS: conn.ConnectedServerVersion(), ClickHouse: version,
		Load: fmt.Sprintf("%d messages (%d different events) of %d labs, %s, seed %d", a.stage.load.Len(), a.stage.distinct, c.Labs, c.Shape, c.Seed), Durable: a.durable}, err
}

// report prints the table, and what the slowest part of each contender is.
func report(out io.Writer, rounds []round, about machine) error {
	fmt.Fprintf(out, "%s\n%d cores, %s, %s, %s; NATS %s, ClickHouse %s; flushed to the disk: %t\n", about.Load, about.Cores, about.Processor, about.OS, about.Go, about.NATS, about.ClickHouse, about.Durable)
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.AppendHeader(table.Row{"contender", "events/s", "min–max", "runs", "CPU s", "NATS / it / engine", "peak MiB", "vitrine ÷ it", "min–max", "largest share"})
	var columns []table.ColumnConfig
	for n := 2; n <= 9; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	for _, c := range contenders() {
		runs := of(rounds, c.name)
		if len(runs) == 0 {
			continue
		}
		rate := spreadOf(runs, measurement.rate)
		nats, it, engine := spreadOf(runs, func(m measurement) float64 { return m.NATSCPU }), spreadOf(runs, func(m measurement) float64 { return m.ConsumerCPU }), spreadOf(runs, func(m measurement) float64 { return m.EngineCPU })
		ratio, ratioSpread := "", ""
		if r := ratios(rounds, c.name); len(r) > 0 && c.name != "vitrine" {
			s := spreadOf(r, func(x float64) float64 { return x })
			ratio, ratioSpread = fmt.Sprintf("%.2f", s.median), fmt.Sprintf("%.2f–%.2f", s.low, s.high)
		}
		t.AppendRow(table.Row{c.name, fmt.Sprintf("%.0f", rate.median), fmt.Sprintf("%.0f–%.0f", rate.low, rate.high), len(runs),
			fmt.Sprintf("%.1f", nats.median+it.median+engine.median), fmt.Sprintf("%.1f / %.1f / %.1f", nats.median, it.median, engine.median),
			fmt.Sprint(slices.MaxFunc(runs, func(a, b measurement) int { return cmp.Compare(a.Memory, b.Memory) }).Memory >> 20),
			ratio, ratioSpread, bottleneck(runs, about.Cores)})
	}
	t.Render()
	for _, c := range contenders() {
		fmt.Fprintf(out, "%-12s  %s\n", c.name, c.what)
	}
	if runs := of(rounds, "vitrine"); len(runs) > 0 {
		fmt.Fprintf(out, "vitrine's steps, of the time from start to end: %s\n", shares(runs))
		for n, m := range runs {
			fmt.Fprintf(out, "vitrine verify after round %d: %s\n", n+1, m.Verified)
		}
	}
	return nil
}

// of are the runs of one contender.
func of(rounds []round, name string) (all []measurement) {
	for _, r := range rounds {
		if m, there := r[name]; there {
			all = append(all, m)
		}
	}
	return all
}

// ratios are Vitrine's rate by another's, round by round: what slowed the machine slowed both.
func ratios(rounds []round, name string) (all []float64) {
	for _, r := range rounds {
		vitrine, there := r["vitrine"]
		if other, both := r[name]; there && both {
			all = append(all, vitrine.rate()/other.rate())
		}
	}
	return all
}

type spread struct{ low, median, high float64 }

func spreadOf[T any](all []T, value func(T) float64) spread {
	values := make([]float64, len(all))
	for i, x := range all {
		values[i] = value(x)
	}
	slices.Sort(values)
	n := len(values)
	return spread{values[0], (values[(n-1)/2] + values[n/2]) / 2, values[n-1]}
}

// bottleneck says where most of the cores' time went.
func bottleneck(runs []measurement, cores int) string {
	share := map[string]float64{}
	for _, m := range runs {
		all := m.Seconds * float64(cores)
		share["NATS"] += m.NATSCPU / all
		share["its own CPU"] += m.ConsumerCPU / all
		share["engine's CPU"] += m.EngineCPU / all
		share["waiting"] += max(0, all-m.NATSCPU-m.ConsumerCPU-m.EngineCPU) / all
	}
	names := slices.Sorted(maps.Keys(share))
	most := slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(share[a], share[b]) })
	return fmt.Sprintf("%s, %.0f %%", most, 100*share[most]/float64(len(runs)))
}

// shares are Vitrine's steps by their part of the time, the longest first. Steps that overlap add up to more than the whole.
func shares(runs []measurement) string {
	sum, total := map[string]float64{}, 0.0
	for _, m := range runs {
		total += m.Seconds
		for step, seconds := range m.Steps {
			sum[step] += seconds
		}
	}
	names := slices.SortedFunc(maps.Keys(sum), func(a, b string) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %.0f %%", name, 100*sum[name]/total))
	}
	return strings.Join(parts, ", ")
}
