package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// cliAttempts is how often a command tries to reach NATS: about a minute without any answer.
const cliAttempts = 8

func newPublishCommand(env *environment) *cobra.Command {
	var quiet bool
	var attempts int
	cmd := &cobra.Command{
		Use:   "publish FILE|-",
		Short: "Publish events from a file or the standard input",
		Long: `Publish events: a JSON array of CloudEvents, JSON lines, or a single event.

An event is said to be accepted once NATS JetStream has stored it. One that is refused is named
with its line, the field, what stood there and what was expected; the others are published all the
same. The exit status is 1 if any was refused.`,
		Example: "  vitrine publish events.jsonl\n  my-export | vitrine publish --quiet -",
		Args:    exactlyOneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			in, name, size, err := env.open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			p, err := env.publisher(cmd.Context(), "publish", attempts)
			if err != nil {
				return err
			}
			defer p.Close()
			return (&publishing{env: env, name: name, quiet: quiet}).run(cmd.Context(), p, in, size)
		},
	}
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print what is refused and the summary alone")
	cmd.Flags().IntVar(&attempts, "attempts", cliAttempts, "how often to try when NATS doesn't answer; 0: for ever")
	return cmd
}

func exactlyOneFile(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(cmd, args); err != nil {
		return usageError{fmt.Errorf("%s: %w (FILE, or - for the standard input)", cmd.CommandPath(), err)}
	}
	return nil
}

// stdin is the standard input through a pipe that ctx ends, so that Ctrl-C ends a command while it waits for somebody to type.
func (env *environment) stdin(ctx context.Context) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		_, err := io.Copy(writer, env.Stdin)
		_ = writer.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { _ = writer.CloseWithError(context.Cause(ctx)) })
	return reader
}

// open gives the input, its name for messages and its size; -1 if that isn't known.
func (env *environment) open(ctx context.Context, path string) (in io.ReadCloser, name string, size int64, err error) {
	if path == "-" {
		return env.stdin(ctx), env.say("entrée standard", "standard input"), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", 0, fmt.Errorf("events: %w", err)
	}
	size = -1
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, path, size, nil
}

// publisher is a publisher for a command, connected.
func (env *environment) publisher(ctx context.Context, command string, attempts int) (*producers.Publisher, error) {
	if _, err := credentials.ConnectOptions(env.Config.NATSCreds, env.links.nats); err != nil {
		return nil, usageError{fmt.Errorf("--nats-creds: %w", err)}
	}
	c := env.publisherConfig("vitrine-" + command)
	c.Attempts, c.Logger = attempts, env.logger()
	p, err := producers.New(c)
	if err != nil {
		return nil, usageError{err}
	}
	if err := p.Connect(ctx); err != nil {
		return nil, env.spoken(err)
	}
	return p, nil
}

// spoken is an error whose text is in the user's language.
func (env *environment) spoken(err error) error {
	if err == nil {
		return nil
	}
	return spokenError{err, importers.Say(err, env.Config.Lang)}
}

type spokenError struct {
	error
	text string
}

func (e spokenError) Error() string { return e.text }
func (e spokenError) Unwrap() error { return e.error }

// publishing is one run of the command.
type publishing struct {
	env   *environment
	name  string
	quiet bool

	out *bufio.Writer
	// prompt says that each result is to be seen at once.
	prompt bool

	mu sync.Mutex
	// places are where the events in flight stand, in their order.
	places []place
}

type place struct{ index, line int }

func (p *publishing) run(ctx context.Context, to *producers.Publisher, in io.Reader, size int64) error {
	p.out = bufio.NewWriter(p.env.Stdout)
	p.prompt = size < 0 || isTerminal(p.env.Stdout)
	in, done := p.watch(in, size)
	var readErr error
	totals, err := to.PublishAllRaw(ctx, p.raws(in, &readErr), producers.Options{OnResult: p.result})
	done()
	p.env.summary(p.out, totals)
	return errors.Join(p.out.Flush(), p.env.outcome(totals, err), p.unread(readErr))
}

// raws gives the input's events and remembers where they stand.
func (p *publishing) raws(in io.Reader, failure *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for item, err := range producers.ReadEvents(in) {
			if err != nil {
				*failure = err
				return
			}
			p.mu.Lock()
			p.places = append(p.places, place{item.Index, item.Line})
			p.mu.Unlock()
			if !yield(item.Raw) {
				return
			}
		}
	}
}

func (p *publishing) result(_ int, receipt producers.Receipt, err error) {
	p.mu.Lock()
	at := p.places[0]
	p.places = p.places[1:]
	p.mu.Unlock()
	where := fmt.Sprintf(p.env.say("%s, ligne %d, événement %d", "%s, line %d, event %d"), p.name, at.line, at.index+1)
	var invalid *schemas.Invalid
	switch {
	case err == nil && p.quiet:
		return
	case err == nil:
		fmt.Fprintf(p.out, p.env.say("%s : accepté, n° %d, %s %s\n", "%s: accepted, seq %d, %s %s\n"), where, receipt.Seq, receipt.Event.Kind(), receipt.Event.ID)
	case errors.As(err, &invalid):
		p.env.refusal(p.out, where, invalid)
	default:
		fmt.Fprintf(p.out, p.env.say("%s : non confirmé\n", "%s: not confirmed\n"), where)
	}
	if p.prompt {
		_ = p.out.Flush() // a broken pipe shows at the end
	}
}

// refusal prints each thing that is wrong with an event.
func (env *environment) refusal(out io.Writer, where string, invalid *schemas.Invalid) {
	for _, problem := range invalid.Problems {
		fmt.Fprintf(out, env.say("%s : refusé : %s\n", "%s: refused: %s\n"), where, problem.In(env.Config.Lang))
	}
}

func (env *environment) summary(out io.Writer, t producers.Totals) {
	fmt.Fprintf(out, env.say("acceptés : %d, refusés : %d", "accepted %d, refused %d"), t.Accepted, t.Refused)
	if t.Failed > 0 {
		fmt.Fprintf(out, env.say(", non confirmés : %d (à renvoyer sans risque)", ", not confirmed %d (safe to send again)"), t.Failed)
	}
	fmt.Fprintln(out)
}

// outcome is the command's error: what ended it early, or that some were refused.
func (env *environment) outcome(t producers.Totals, err error) error {
	if err != nil {
		return env.spoken(err)
	}
	if t.Refused > 0 {
		return fmt.Errorf(env.say("événements refusés : %d", "events refused: %d"), t.Refused)
	}
	return nil
}

func (p *publishing) unread(err error) error {
	if err == nil {
		return nil
	}
	var syntax *producers.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s, %s", p.name, syntax.In(p.env.Config.Lang))
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// watch draws a bar of the bytes read, on a terminal that doesn't show the results already.
func (p *publishing) watch(in io.Reader, size int64) (watched io.Reader, done func()) {
	if !isTerminal(p.env.Stderr) || isTerminal(p.env.Stdout) && !p.quiet {
		return in, func() {}
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(p.env.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(p.name), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	reader := progressbar.NewReader(in, bar)
	return &reader, func() { _ = bar.Finish() }
}
