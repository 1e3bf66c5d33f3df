package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/erasure"
	"vitrine/consumers/verify"
)

// verifyStatement bounds one statement: some read a whole relation, of a load of ten million events as well.
const verifyStatement = time.Hour

// errNotExact makes the exit status 1.
var errNotExact = errors.New("the figures aren't exact")

func newVerifyCommand(env *environment) *cobra.Command {
	var asOf string
	var timeout time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that every figure in ClickHouse is exact",
		Long: "Waits until all events are counted, computes every figure anew from the stream with code of its own, and compares.\n" +
			"Exit status 0: exact; 1: not exact, or it can't be told.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var day time.Time
			if asOf != "" {
				var err error
				if day, err = time.Parse(time.DateOnly, asOf); err != nil {
					return usageError{fmt.Errorf("--as-of %q: expected a day, YYYY-MM-DD", asOf)}
				}
			}
			if timeout <= 0 {
				return usageError{fmt.Errorf("--timeout %s: expected more than 0", timeout)}
			}
			report, err := env.verify(cmd.Context(), day, timeout)
			if err != nil {
				return err
			}
			erased, err := env.erased(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(env.Stdout)
				encoder.SetIndent("", "  ")
				report.Differences = listed(report.Differences)
				err = encoder.Encode(struct {
					Exact bool `json:"exact"`
					verify.Report
					Erased []erasure.Entry `json:"erased"`
				}{report.Exact(), report, erased.entries})
			} else {
				env.printVerification(report)
				env.printErased(erased)
			}
			if err == nil && !report.Exact() {
				err = errNotExact
			}
			return errors.Join(err, erased.problem())
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "how long the consumer may take to catch up")
	cmd.Flags().StringVar(&asOf, "as-of", "", "the day that figures are compared as of, YYYY-MM-DD (default: today)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// verify connects to both services and compares.
func (env *environment) verify(ctx context.Context, asOf time.Time, timeout time.Duration) (verify.Report, error) {
	catalogue, err := env.catalogue()
	if err != nil {
		return verify.Report{}, err
	}
	nc, err := env.dialNATS(env.logger())
	if err != nil {
		return verify.Report{}, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return verify.Report{}, err
	}
	store, err := env.openClickHouse(clickhouse.Config{Timeout: verifyStatement})
	if err != nil {
		return verify.Report{}, err
	}
	defer store.Close()
	computing := func() *bar { return env.progress(env.say("calcul", "computing")) }
	shown, compares := computing(), false
	show := func(next func() *bar, comparing bool) {
		if comparing != compares { // it computes again where messages were counted meanwhile
			shown.end()
			shown, compares = next(), comparing
		}
	}
	defer func() { shown.end() }()
	return verify.Verify(ctx, verify.Config{
		JetStream: js, Store: store, Catalogue: catalogue, Zone: env.Config.Zone, AsOf: asOf, Timeout: timeout, Replicas: env.Config.NATSReplicas,
		Progress: func(done, total uint64) {
			show(computing, false)
			shown.set(done, total)
		},
		Comparing: func(done, total int) {
			show(func() *bar { return env.progressOf(env.say("étapes de la comparaison", "steps of the comparison")) }, true)
			shown.set(uint64(done), uint64(total))
		},
	})
}

// printVerification prints what was compared, then the verdict or the differences.
func (env *environment) printVerification(r verify.Report) {
	t := env.newTable(env.say("Contrôle", "Check"), env.say("Attendu", "Expected"), env.say("Trouvé", "Found"), env.say("Écarts", "Differing"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}})
	for _, c := range r.Checks {
		t.AppendRow(table.Row{c.Name, env.number(float64(c.Expected)), env.number(float64(c.Found)), env.number(float64(c.Differing))})
	}
	t.Render()
	fmt.Fprintf(env.Stdout, env.say("%s de %s, au %s ; attente %s, calcul %s, comparaison %s\n", "%s of %s, as of %s; waited %s, computed in %s, compared in %s\n"),
		env.counted(r.Messages, "message|messages", "message|messages"), env.counted(r.Labs, "fab lab|fab labs", "lab|labs"), r.AsOf,
		r.Waited.Round(time.Millisecond), r.Computed.Round(time.Millisecond), r.Compared.Round(time.Millisecond))
	if r.FrozenOtherwise > 0 {
		env.line("%s", env.counted(r.FrozenOtherwise, "validation figée avec un autre catalogue : non comparée|validations figées avec un autre catalogue : non comparées",
			"approval frozen by another catalogue: not compared|approvals frozen by another catalogue: not compared"))
	}
	if r.PeakMemory > 0 {
		fmt.Fprintf(env.Stdout, env.say("mémoire de ce processus, au plus haut : %d Mio\n", "memory of this process at its peak: %d MiB\n"), r.PeakMemory>>20)
	}
	if r.Exact() {
		fmt.Fprintln(env.Stdout, env.say("exact", "exact"))
		return
	}
	for _, d := range r.Differences {
		fmt.Fprintln(env.Stdout, d)
	}
	told := map[string]int{}
	for _, d := range r.Differences {
		told[d.Check]++
	}
	for _, c := range r.Checks {
		if n := told[c.Name]; n > 0 && n < c.Differing && c.Name != r.Checks[0].Name { // the first is a total
			fmt.Fprintf(env.Stdout, env.say("%s : … %s en tout\n", "%s: … %s in all\n"), c.Name, env.counted(c.Differing, "écart|écarts", "differs|differ"))
		}
	}
}
