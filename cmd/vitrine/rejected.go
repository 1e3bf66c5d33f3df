package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

func newRejectedCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rejected",
		Short: "List, show, replay or discard rejected events",
		Long: `What couldn't be accepted is kept with its reason: the message in the stream, for good, under its
number there, and a row in ClickHouse. Each is open until it is replayed or discarded.`,
	}
	cmd.AddCommand(newRejectedListCommand(env), newRejectedShowCommand(env), newRejectedReplayCommand(env), newRejectedDiscardCommand(env))
	return cmd
}

// rejectionFlags pick rejections.
type rejectionFlags struct {
	lab, kind, code, field, state, since, until string
}

func (f *rejectionFlags) bind(cmd *cobra.Command, state string) {
	flags := cmd.Flags()
	flags.StringVar(&f.lab, "lab", "", "those of a lab")
	flags.StringVar(&f.kind, "kind", "", "those of a kind, such as training.held")
	flags.StringVar(&f.code, "code", "", "those with a sort of problem, such as personal_data (see list --by code)")
	flags.StringVar(&f.field, "field", "", "those with a field at fault, such as data.attendees; or what lies in it")
	flags.StringVar(&f.state, "state", state, "open, replayed or discarded")
	flags.StringVar(&f.since, "since", "", "received since this day or month, such as 2026-03-01 or 2026-03")
	flags.StringVar(&f.until, "until", "", "received up to this day or month, included")
}

// filter reads the flags, and sequence numbers given as arguments.
func (f *rejectionFlags) filter(env *environment, args []string) (clickhouse.RejectionFilter, error) {
	none := clickhouse.RejectionFilter{}
	received, err := env.importRange(f.since, f.until, true, env.Config.Zone)
	if err != nil {
		return none, err
	}
	if _, known := stateNames[f.state]; !known && f.state != "" {
		return none, usageError{fmt.Errorf(env.say("--state %q : attendu open, replayed ou discarded", "--state %q: expected open, replayed or discarded"), f.state)}
	}
	seqs, err := env.sequences(args)
	if err != nil {
		return none, err
	}
	return clickhouse.RejectionFilter{Seqs: seqs, Lab: f.lab, Kind: f.kind, Code: f.code, Field: f.field, State: f.state,
		Received: received.Since, Before: received.Until}, nil
}

func (env *environment) sequences(args []string) ([]uint64, error) {
	var seqs []uint64
	for _, a := range args {
		seq, err := strconv.ParseUint(a, 10, 64)
		if err != nil || seq == 0 {
			return nil, usageError{fmt.Errorf(env.say("%q : attendu le numéro d'un événement rejeté, comme « rejected list » le donne", "%q: expected the sequence number of a rejected event, as `rejected list` gives it"), a)}
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

// numbersOrAll checks that rejections are named by number, or picked by --all and the flags.
func (env *environment) numbersOrAll(cmd *cobra.Command, args []string, all bool) error {
	if all == (len(args) > 0) {
		return usageError{fmt.Errorf(env.say("%s : des numéros, ou --all avec des filtres ?", "%s: which ones? Sequence numbers, or --all with filters"), cmd.CommandPath())}
	}
	if all {
		return nil
	}
	for _, name := range []string{"lab", "kind", "code", "field", "state", "since", "until"} {
		if f := cmd.Flags().Lookup(name); f.Changed {
			return usageError{fmt.Errorf(env.say("%s : --%s va avec --all, non avec des numéros", "%s: --%s goes with --all, not with sequence numbers"), cmd.CommandPath(), name)}
		}
	}
	return nil
}

// picked are the rejections that numbers name, or a filter picks; one that isn't there is an error.
func (env *environment) picked(ctx context.Context, store *clickhouse.Store, f clickhouse.RejectionFilter) ([]clickhouse.RejectedEvent, error) {
	found, err := store.FindRejections(ctx, f)
	if err != nil {
		return nil, env.migrateFirst(err)
	}
	there := map[uint64]bool{}
	for _, r := range found {
		there[r.StreamSeq] = true
	}
	for _, seq := range f.Seqs {
		if !there[seq] {
			return nil, fmt.Errorf(env.say("n° %d : pas d'événement rejeté de ce numéro (accepté, ou pas encore traité)", "seq %d: no rejected event has this number (it was accepted, or isn't processed yet)"), seq)
		}
	}
	return found, nil
}

// migrateFirst says what to do about a database that an older version made.
func (env *environment) migrateFirst(err error) error {
	if clickhouse.IsOutOfDate(err) {
		return fmt.Errorf(env.say("%w (lancez `vitrine migrate`)", "%w (run `vitrine migrate`)"), err)
	}
	return err
}

// original is a rejected message as the stream holds it; nil if it was erased there.
func original(ctx context.Context, stream jetstream.Stream, seq uint64) (*jetstream.RawStreamMsg, error) {
	m, err := stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("message %d of %s: %w", seq, schemas.StreamEvents, err)
	}
	return m, nil
}

// stateNames are the states of a rejection for people, with a sign that doesn't rely on colour.
var stateNames = map[string]struct {
	name   schemas.Text
	sign   string
	colour text.Colors
}{
	clickhouse.StateOpen:      {schemas.Text{FR: "à traiter", EN: "open"}, "○", text.Colors{text.FgYellow}},
	clickhouse.StateReplayed:  {schemas.Text{FR: "republié", EN: "replayed"}, "✔", text.Colors{text.FgGreen}},
	clickhouse.StateDiscarded: {schemas.Text{FR: "écarté", EN: "discarded"}, "✘", text.Colors{text.FgHiBlack}},
}

func (env *environment) stateName(state string) string {
	n := stateNames[state]
	label := n.sign + " " + n.name.In(env.Config.Lang)
	if env.colours() {
		return n.colour.Sprint(label)
	}
	return label
}

// ordinal names a rejection at the head of a line.
func (env *environment) ordinal(seq uint64) string {
	return fmt.Sprintf(env.say("n° %d", "seq %d"), seq)
}

// moment is a time in the programme's zone.
func (env *environment) moment(t time.Time) string {
	return t.In(env.Config.Zone).Format("2006-01-02 15:04")
}

// reason is why an event was rejected.
func (env *environment) reason(r clickhouse.RejectedEvent) string {
	return printable(schemas.Text{FR: r.ReasonFR, EN: r.ReasonEN}.In(env.Config.Lang))
}

// printable makes a text that anybody may have sent safe to print: no control characters, by which a
// terminal could be told things, and in one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
