package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

func newRejectedShowCommand(env *environment) *cobra.Command {
	var raw, asJSON bool
	cmd := &cobra.Command{
		Use:   "show SEQ",
		Short: "Show a rejected event, everything that is wrong with it, and what became of it",
		Long: `Show a rejected event: everything that is wrong with it by today's rules, what was sent, and what
became of it. E-mail addresses and phone numbers are masked, but for --raw, which writes the very bytes.`,
		Example: "  vitrine rejected show 4711\n  vitrine rejected show 4711 --raw > mended.json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf(env.say("%s : attendu un numéro", "%s: expected one sequence number"), cmd.CommandPath())}
			}
			if raw && asJSON {
				return usageError{errors.New(env.say("--raw ou --json, non les deux", "--raw or --json, not both"))}
			}
			seqs, err := env.sequences(args)
			if err != nil {
				return err
			}
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			shown, err := env.readRejected(cmd.Context(), s, seqs[0])
			switch {
			case err != nil:
				return err
			case raw && shown.original == nil:
				return fmt.Errorf(env.say("n° %d a été effacé du flux : les octets d'origine n'existent plus", "seq %d was erased from the stream: the original bytes are gone"), seqs[0])
			case raw:
				_, err = env.Stdout.Write(shown.original)
				return err
			case asJSON:
				encoder := json.NewEncoder(env.Stdout)
				encoder.SetIndent("", "  ")
				return encoder.Encode(shown)
			}
			env.printRejected(shown)
			return nil
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "write the message's own bytes and nothing else")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// shownRejection is all that is known of a rejected event.
type shownRejection struct {
	clickhouse.RejectedEvent
	// Erased says that the stream doesn't have the message any more; the text is then ClickHouse's, which may be cut.
	Erased   bool           `json:"erased"`
	Bytes    int            `json:"bytes"` // of the message; 0 if it was erased
	Headers  nats.Header    `json:"headers,omitempty"`
	Problems []shownProblem `json:"problems"` // by today's rules; none: it would be accepted now, or was erased
	Raw      string         `json:"raw"`      // redacted
	// SentAgainAs is the sequence of what its lab sent since; a replay would put the older content over it. 0 if it did not.
	SentAgainAs uint64 `json:"sent_again_as,omitempty"`
	original    []byte
	problems    []schemas.Problem
}

type shownProblem struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	EN    string `json:"en"`
	FR    string `json:"fr"`
}

func (env *environment) readRejected(ctx context.Context, s *services, seq uint64) (*shownRejection, error) {
	found, err := env.picked(ctx, s.store, clickhouse.RejectionFilter{Seqs: []uint64{seq}})
	if err != nil {
		return nil, err
	}
	shown := &shownRejection{RejectedEvent: found[0], Problems: []shownProblem{}}
	stream, err := s.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)
	}
	m, err := original(ctx, stream, seq)
	if err != nil {
		return nil, err
	}
	if m == nil {
		shown.Erased = true
		shown.Raw, err = s.store.RejectedRaw(ctx, seq)
		return shown, err
	}
	shown.original, shown.Bytes, shown.Headers = m.Data, len(m.Data), nats.Header{}
	for name, values := range m.Header {
		for _, v := range values {
			shown.Headers.Add(name, schemas.Redact(v))
		}
	}
	shown.Raw = schemas.Redact(strings.ToValidUTF8(string(m.Data), "\ufffd"))
	row, err := ingest.NewDoor(s.js, s.catalogue, env.Config.Zone).Admit(ctx, m.Subject, m.Data, time.Now())
	var invalid *schemas.Invalid
	switch {
	case err == nil:
		later, overtaken, err := s.store.Overtaken(ctx, row.Lab, row.ID, row.Version.Revision, seq)
		if err != nil {
			return nil, err
		}
		if overtaken {
			shown.SentAgainAs = later.StreamSeq
		}
	case !errors.As(err, &invalid):
		return nil, err
	default:
		shown.problems = invalid.Problems
		for _, p := range invalid.Problems {
			shown.Problems = append(shown.Problems, shownProblem{schemas.Redact(p.Field), p.Code, schemas.Redact(p.In(schemas.English)), schemas.Redact(p.In(schemas.French))})
		}
	}
	return shown, nil
}

// mostShown is how much of a message is printed, in bytes.
const mostShown = 8 << 10

func (env *environment) printRejected(r *shownRejection) {
	say := func(label, value string) {
		if value != "" {
			fmt.Fprintf(env.Stdout, "  %s%s%s\n", label, env.say(" : ", ": "), value)
		}
	}
	fmt.Fprintf(env.Stdout, "%s  %s\n", env.ordinal(r.StreamSeq), env.stateOf(r.RejectedEvent))
	if r.ResolvedAt != nil {
		say(env.stateVerb(r.State), env.moment(*r.ResolvedAt))
		say(env.say("pourquoi", "why"), printable(r.ResolutionReason))
	}
	say(env.say("reçu", "received"), env.moment(r.ReceivedAt))
	say(env.say("fab lab", "lab"), printable(r.Lab))
	say(env.say("type", "kind"), printable(r.Kind))
	say("id", printable(r.ID))
	say(env.say("sujet", "subject"), printable(r.Subject))
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		for _, v := range r.Headers[name] {
			say(printable(name), printable(v))
		}
	}
	// Said once where today's rules find the same.
	if now := (&schemas.Invalid{Problems: r.problems}); len(r.problems) == 0 || schemas.Redact(now.In(schemas.English)) != r.ReasonEN {
		say(env.say("motif du rejet", "rejected because"), text.Snip(env.reason(r.RejectedEvent), longestCause, "…"))
	}
	fmt.Fprintln(env.Stdout)
	switch {
	case r.Erased:
		fmt.Fprintln(env.Stdout, env.say("Le message a été effacé du flux ; ClickHouse en garde (masqué, au plus 64 Kio) :", "The message was erased from the stream; ClickHouse keeps of it (masked, 64 KiB at most):"))
	case r.SentAgainAs > 0 && r.State == clickhouse.StateOpen:
		fmt.Fprintf(env.Stdout, env.say("Le fab lab a renvoyé cet événement depuis (n° %d) : vitrine rejected discard %d\n",
			"Its lab has sent this event again since (seq %d): vitrine rejected discard %d\n"), r.SentAgainAs, r.StreamSeq)
	case len(r.problems) == 0 && r.SentAgainAs == 0 && r.State != clickhouse.StateReplayed:
		fmt.Fprintf(env.Stdout, env.say("Serait accepté aujourd'hui : vitrine rejected replay %d\n", "Would be accepted now: vitrine rejected replay %d\n"), r.StreamSeq)
	case len(r.problems) > 0:
		fmt.Fprintln(env.Stdout, env.say("Ce qui ne va pas :", "What is wrong:"))
		for _, p := range r.Problems {
			fmt.Fprintf(env.Stdout, "  - %s\n", text.Snip(printable(schemas.Text{FR: p.FR, EN: p.EN}.In(env.Config.Lang)), longestCause, "…"))
		}
	}
	if !r.Erased {
		fmt.Fprintf(env.Stdout, env.say("\nReçu (%d octets) :\n", "\nReceived (%d bytes):\n"), r.Bytes)
	}
	env.printRaw(r.Raw)
}

func (env *environment) stateVerb(state string) string {
	if state == clickhouse.StateReplayed {
		return env.say("republié le", "replayed on")
	}
	return env.say("écarté le", "discarded on")
}

// printRaw prints JSON indented, and anything else as it is; not more than fits on a few screens.
func (env *environment) printRaw(raw string) {
	var indented bytes.Buffer
	if len(raw) <= mostShown && json.Indent(&indented, []byte(raw), "", "  ") == nil {
		raw = indented.String()
	}
	cut := len(raw) > mostShown
	if cut {
		raw = strings.ToValidUTF8(raw[:mostShown], "")
	}
	for line := range strings.Lines(raw) {
		fmt.Fprintln(env.Stdout, "  "+printable(strings.TrimRight(strings.ReplaceAll(line, "\t", "  "), "\r\n")))
	}
	if cut {
		fmt.Fprintln(env.Stdout, env.say("  … (le reste avec --raw)", "  … (the rest with --raw)"))
	}
}
