// Package latency says how long queries take: by the page or dashboard that asks them, the slowest of each.
package latency

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// Times are the durations of what has a name. The zero value has none; several goroutines may add.
type Times struct {
	mu  sync.Mutex
	all map[string][]time.Duration
}

// Add adds a duration.
func (t *Times) Add(name string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string][]time.Duration{}
	}
	t.all[name] = append(t.all[name], took)
}

// Clear forgets all.
func (t *Times) Clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = nil
}

// Row is how long something took.
type Row struct {
	Name          string
	N             int
	P50, P99, Max time.Duration
}

// Rows are all, that of the highest p99 first.
func (t *Times) Rows() []Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows []Row
	for name, all := range t.all {
		all = slices.Clone(all)
		rows = append(rows, Row{name, len(all), Quantile(all, 0.5), Quantile(all, 0.99), Quantile(all, 1)})
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(b.P99, a.P99), cmp.Compare(a.Name, b.Name)) })
	return rows
}

// Place is a page or a dashboard: reading all of it, and the slowest of its queries.
type Place struct {
	Name    string
	Whole   Row
	Slowest Row
}

// WriteFile writes a table of places to a file; an empty path is none.
func WriteFile(path string, places []Place) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(Write(f, places), f.Close())
}

// Write writes a table of places.
func Write(w io.Writer, places []Place) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "place\ttimes\twhole p50\twhole p99\tslowest query\tp50\tp99\tmax\t")
	for _, p := range places {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", p.Name, p.Whole.N, ms(p.Whole.P50), ms(p.Whole.P99), p.Slowest.Name, ms(p.Slowest.P50), ms(p.Slowest.P99), ms(p.Slowest.Max))
	}
	return t.Flush()
}

// Milliseconds is a duration as benchmarks report it.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", Milliseconds(d)) }

// Quantile is the value that a share of all doesn't exceed (nearest rank); 0 of none. It sorts all.
func Quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	i := int(share*float64(len(all))+0.999999) - 1
	return all[min(max(i, 0), len(all)-1)]
}
