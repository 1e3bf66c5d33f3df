package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/consumers/rejected"
	"vitrine/producers"
	"vitrine/schemas"
)

func newRejectedReplayCommand(env *environment) *cobra.Command {
	var f rejectionFlags
	var file string
	var all, dryRun bool
	var attempts int
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "replay SEQ… | --all",
		Short: "Publish rejected events anew, once they can be accepted",
		Long: `Publish rejected events anew, as they were sent or, with --file, mended.

Each goes through the same door as everything else: what is still refused is named with its reasons
and stays as it was; the exit status is then 1. What was replayed before is left alone. An event
that its lab has sent again since isn't replayed: that would put the older content back.`,
		Example: "  vitrine rejected replay --all --code in_the_future --dry-run\n  vitrine rejected show 4711 --raw > mended.json   # mend it\n  vitrine rejected replay 4711 --file mended.json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := env.numbersOrAll(cmd, args, all); err != nil {
				return err
			}
			if file != "" && len(args) != 1 {
				return usageError{errors.New(env.say("--file : attendu un seul numéro", "--file: expected one sequence number"))}
			}
			if timeout <= 0 {
				return usageError{fmt.Errorf(env.say("--timeout %s : attendu plus de 0", "--timeout %s: expected more than 0"), timeout)}
			}
			if !all {
				f.state = ""
			}
			filter, err := f.filter(env, args)
			if err != nil {
				return err
			}
			var mended []byte
			if file != "" {
				if mended, err = env.readMended(cmd.Context(), file); err != nil {
					return err
				}
			}
			s, err := env.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.close()
			r := &replaying{env: env, services: s, door: ingest.NewDoor(s.js, s.catalogue, env.Config.Zone), mended: mended, dryRun: dryRun}
			if r.publisher, err = env.publisher(cmd.Context(), "rejected", attempts); err != nil {
				return err
			}
			defer r.publisher.Close()
			return r.run(cmd.Context(), filter, timeout)
		},
	}
	f.bind(cmd, clickhouse.StateOpen)
	cmd.Flags().BoolVar(&all, "all", false, "all that the filters leave")
	cmd.Flags().StringVar(&file, "file", "", "the mended event; - for the standard input")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.Flags().IntVar(&attempts, "attempts", cliAttempts, "how often to try when NATS doesn't answer; 0: for ever")
	cmd.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "how long the consumer may take to catch up")
	return cmd
}

// readMended reads one event. It is bounded: what is larger is refused at the door.
func (env *environment) readMended(ctx context.Context, file string) ([]byte, error) {
	in, name, _, err := env.open(ctx, file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, schemas.MaxEventBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff"))) // Windows tools put one there
	if len(raw) == 0 {
		return nil, fmt.Errorf(env.say("%s est vide", "%s is empty"), name)
	}
	return raw, nil
}

// replaying is one run of the command.
//
// An event is published first and marked as replayed then. A crash in between leaves it open, and the next
// replay finds what was published and marks that. Should it publish the event once more after all,
// no figure shows it: same lab, id and revision, so the later one just takes the place of the first.
type replaying struct {
	*services
	env       *environment
	door      *ingest.Door
	stream    jetstream.Stream
	publisher *producers.Publisher
	mended    []byte // nil: as it was sent
	dryRun    bool

	replayed, refused, before int
}

func (r *replaying) run(ctx context.Context, filter clickhouse.RejectionFilter, timeout time.Duration) error {
	var err error
	if r.stream, err = r.js.Stream(ctx, schemas.StreamEvents); err != nil {
		return fmt.Errorf("stream %s: %w", schemas.StreamEvents, err)
	}
	// What was sent again since, and what an earlier replay published, must be known: not half of it, as in a rebuild.
	if err := r.store.CheckMadeWith(ctx, r.madeWith); err != nil {
		return err
	}
	if err := r.caughtUp(ctx, timeout); err != nil {
		return err
	}
	if err := r.env.migrateFirst(rejected.Sync(ctx, r.js, r.store)); err != nil {
		return err
	}
	found, err := r.env.picked(ctx, r.store, filter)
	if err != nil {
		return err
	}
	for i, rejection := range found {
		if i > 0 && i%replayedAtOnce == 0 { // what its lab sends meanwhile must be known too
			if err = r.caughtUp(ctx, timeout); err != nil {
				break
			}
		}
		if err = r.one(ctx, rejection); err != nil {
			break
		}
	}
	if !r.dryRun {
		err = errors.Join(err, rejected.Sync(context.WithoutCancel(ctx), r.js, r.store))
	}
	done := r.env.say("republiés : %d, refusés : %d, déjà republiés : %d\n", "replayed %d, refused %d, replayed before %d\n")
	if r.dryRun {
		done = r.env.say("seraient republiés : %d, refusés : %d, déjà republiés : %d\n", "would be replayed %d, refused %d, replayed before %d\n")
	}
	fmt.Fprintf(r.env.Stdout, done, r.replayed, r.refused, r.before)
	if err == nil && r.refused > 0 {
		err = fmt.Errorf(r.env.say("événements refusés : %d", "events refused: %d"), r.refused)
	}
	return r.env.spoken(err)
}

// replayedAtOnce is after how many events a replay waits for the consumer again.
const replayedAtOnce = 100

// caughtUp waits until the consumer is done with what is in the stream now.
func (r *replaying) caughtUp(ctx context.Context, timeout time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := r.stream.Info(waiting)
	if err == nil {
		err = ingest.WaitCountedUpTo(waiting, r.js, schemas.ConsumerDurable, info.State.LastSeq)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf(r.env.say("le consommateur n'a pas rattrapé le flux en %s (tourne-t-il ?) : %w", "the consumer didn't catch up within %s (is it running?): %w"), timeout, err)
	}
	return err
}

// one replays a rejected event, or says why not. Its error ends the run.
func (r *replaying) one(ctx context.Context, rejection clickhouse.RejectedEvent) error {
	where := r.env.ordinal(rejection.StreamSeq)
	say := func(fr, en string, arguments ...any) {
		fmt.Fprintf(r.env.Stdout, where+r.env.say(" : ", ": ")+r.env.say(fr, en)+"\n", arguments...)
	}
	if rejection.State == clickhouse.StateReplayed {
		r.before++
		say("déjà republié, n° %d : rien à faire", "replayed before, seq %d: nothing to do", *rejection.ReplayedAs)
		return nil
	}
	sent, err := original(ctx, r.stream, rejection.StreamSeq)
	if err != nil {
		return err
	}
	raw, subject := r.mended, ""
	switch {
	case raw != nil:
	case sent == nil:
		r.refused++
		say("effacé du flux : rien à republier (--file en donne un contenu)", "erased from the stream: nothing to replay (--file gives it a content)")
		return nil
	default:
		raw, subject = sent.Data, sent.Subject
	}
	row, err := r.admit(ctx, raw, subject, rejection, sent)
	var invalid *schemas.Invalid
	if errors.As(err, &invalid) {
		r.refused++
		for _, p := range invalid.Problems {
			say("refusé : %s", "refused: %s", text.Snip(printable(p.In(r.env.Config.Lang)), longestCause, "…"))
		}
		return nil
	}
	if err != nil {
		return err
	}
	later, overtaken, err := r.store.Overtaken(ctx, row.Lab, row.ID, row.Version.Revision, rejection.StreamSeq)
	if err != nil {
		return err
	}
	as := uint64(0)
	if overtaken {
		replay, err := original(ctx, r.stream, later.StreamSeq)
		if err != nil {
			return err
		}
		if replay == nil || replay.Header.Get(schemas.HeaderPublisher) != replayOf(rejection) || !bytes.Equal(replay.Data, raw) {
			r.refused++
			say("le fab lab a renvoyé cet événement depuis (n° %d, révision %d) ; le republier remettrait l'ancien contenu, ou ne changerait rien : écartez-le",
				"its lab has sent this event again since (seq %d, revision %d); a replay would put the older content back, or change nothing: discard it", later.StreamSeq, later.Revision)
			return nil
		}
		as = later.StreamSeq // by a replay that was cut short
	}
	r.replayed++
	if r.dryRun {
		say("serait accepté, %s %s", "would be accepted, %s %s", row.Kind, row.ID)
		return nil
	}
	if as == 0 {
		receipt, err := r.publisher.As(replayOf(rejection)).PublishRaw(ctx, raw)
		if err != nil {
			r.replayed--
			return err
		}
		as = receipt.Seq
	}
	say("accepté, n° %d, %s %s", "accepted, seq %d, %s %s", as, row.Kind, row.ID)
	return rejected.Mark(context.WithoutCancel(ctx), r.js, rejection.Lab, clickhouse.Resolution{StreamSeq: rejection.StreamSeq, State: clickhouse.StateReplayed, ReplayedAs: as})
}

// replayOf is the publisher's name of what is published anew: an event that its lab sent again by itself isn't a replay,
// though the bytes be the same.
func replayOf(rejection clickhouse.RejectedEvent) string {
	return fmt.Sprintf("rejected/%d", rejection.StreamSeq)
}

// admit passes an event through the door. A mended one must besides be the same event as the one that was
// rejected: should the rules change and that one be accepted after all, at its old place in the
// stream, the two must be versions of one event, the mended one the later.
func (r *replaying) admit(ctx context.Context, raw []byte, subject string, rejection clickhouse.RejectedEvent, sent *jetstream.RawStreamMsg) (*clickhouse.Row, error) {
	now := time.Now()
	if r.mended == nil {
		return r.door.Admit(ctx, subject, raw, now)
	}
	e, err := schemas.Decode(raw, now)
	if err != nil {
		return nil, err
	}
	refuse := func(field, code, found, expected string) error {
		return &schemas.Invalid{ID: e.ID.String(), Lab: e.Lab(), Kind: e.Kind(), Problems: []schemas.Problem{{
			Field: field, Code: code, Found: found, Expected: schemas.Text{
				FR: expected + ", comme l'événement rejeté", EN: expected + ", as the rejected event"}}}}
	}
	var was struct {
		ID       string `json:"id"`
		Revision int64  `json:"revision"`
	}
	if sent != nil {
		// As far as it can be read: what can't will never be accepted as it stands.
		_ = json.Unmarshal(sent.Data, &was)
	}
	was.ID = cmp.Or(was.ID, rejection.ID)
	if id, err := uuid.Parse(was.ID); err == nil && id != e.ID {
		return nil, refuse("id", schemas.CodeValue, e.ID.String(), id.String())
	}
	if e.Revision < was.Revision {
		return nil, refuse("revision", schemas.CodeValue, fmt.Sprint(e.Revision), fmt.Sprintf("≥ %d", was.Revision))
	}
	if schemas.IsSlug(rejection.Lab) && e.Lab() != rejection.Lab {
		return nil, refuse("source", schemas.CodeValue, e.Source, schemas.SourceOf(rejection.Lab, ""))
	}
	return r.door.Admit(ctx, schemas.Subject(e.Lab(), e.Kind()), raw, now)
}
