package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vitrine/producers/agreement"
	"vitrine/schemas"
)

// applyOptions are the flags of agreement apply.
type applyOptions struct {
	dryRun, yes bool
	reason      string
}

func newAgreementApplyCommand(env *environment, f *labFlags) *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply FILE|-",
		Short: "Sign an agreement, or amend it: show what changes, ask, and publish",
		Long: `Sign the agreement in a YAML file, or amend the one of the same number that is in force.

The file is checked as a whole, and each mistake named with its line. What changes is printed, with remarks on
what is odd; then it is published, if you agree. Where nothing changes nothing is published. Somebody who amends
the same lab's agreements meanwhile makes this fail: look again.`,
		Example: "  vitrine agreement template --lab atelier-nord --number AFN-2026-001 > atelier-nord.yaml\n  vitrine agreement apply atelier-nord.yaml --dry-run\n  vitrine agreement apply atelier-nord.yaml --reason \"avenant n° 1\"",
		Args:    exactlyOneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if clean := schemas.Redact(o.reason); clean != o.reason {
				return usageError{errors.New(env.say("--reason : ni adresse électronique ni numéro de téléphone", "--reason: no e-mail address or phone number"))}
			}
			in, name, _, err := env.open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			raw, err := io.ReadAll(io.LimitReader(in, 16<<20)) // the reader of files refuses far less
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			catalogue, err := env.catalogue()
			if err != nil {
				return err
			}
			file, err := agreement.Read(name, raw, catalogue, time.Now())
			if err != nil {
				return env.agreementMistakes(err)
			}
			return env.applyAgreement(cmd.Context(), f, file, catalogue, o)
		},
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would change, and publish nothing")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why the agreement is amended, e.g. \"avenant n° 1\" (asked for if it isn't given)")
	return cmd
}

// agreementMistakes prints what is wrong with a file, and says how much.
func (env *environment) agreementMistakes(err error) error {
	var mistakes *agreement.Mistakes
	if !errors.As(err, &mistakes) {
		return err
	}
	fmt.Fprintln(env.Stderr, mistakes.In(env.Config.Lang))
	return spokenError{err, mistakes.File + schemas.Counted(len(mistakes.List), schemas.Text{FR: " : %d erreur, rien n'est signé", EN: ": %d mistake, nothing is signed"},
		schemas.Text{FR: " : %d erreurs, rien n'est signé", EN: ": %d mistakes, nothing is signed"}).In(env.Config.Lang)}
}

func (env *environment) applyAgreement(ctx context.Context, f *labFlags, file *agreement.File, catalogue *schemas.Catalogue, o applyOptions) error {
	conn, js, err := env.openStream(f)
	if err != nil {
		return err
	}
	defer conn.Close()
	plan, err := agreement.Prepare(ctx, js, file, catalogue, env.Config.Zone)
	if errors.Is(err, agreement.ErrNotRegistered) {
		return spokenError{err, fmt.Sprintf(env.say("%s n'est pas enregistré : « vitrine lab add %[1]s --name … --commune … » l'enregistre", "%s isn't registered: vitrine lab add %[1]s --name … --commune … does that"), file.Lab)}
	}
	if err != nil {
		return err
	}
	env.printPlan(plan, catalogue)
	if len(plan.Changes) == 0 || o.dryRun {
		return nil
	}
	in := bufio.NewReader(env.stdin(ctx))
	if plan.Amends() && strings.TrimSpace(o.reason) == "" {
		if o.reason, err = env.ask(in, env.say("Motif de l'avenant : ", "Reason of the amendment: "), "--reason"); err != nil {
			return err
		}
	}
	if !o.yes {
		answer, err := env.ask(in, env.say("Signer ? [o/N] ", "Sign it? [y/N] "), "--yes")
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"y", "yes", "o", "oui"}, strings.ToLower(answer)) {
			return errors.New(env.say("rien n'est signé", "nothing is signed"))
		}
	}
	publisher, err := env.publisher(ctx, "agreement", cliAttempts)
	if err != nil {
		return err
	}
	defer publisher.Close()
	receipt, err := plan.Sign(ctx, publisher, o.reason, time.Now())
	var invalid *schemas.Invalid
	switch {
	case errors.As(err, &invalid):
		env.refusal(env.Stderr, file.Name, invalid)
		return errors.New(env.say("rien n'est signé", "nothing is signed"))
	case errors.Is(err, agreement.ErrNoReason):
		return usageError{errors.New(env.say("un avenant a un motif : --reason", "an amendment has a reason: --reason"))}
	case err != nil:
		return env.spoken(err)
	}
	fmt.Fprintf(env.Stdout, env.say("Signé : convention %s de %s, révision %d (n° %d).\n", "Signed: agreement %s of %s, revision %d (seq %d).\n"),
		file.Data.Agreement, file.Lab, plan.Revision, receipt.Seq)
	return nil
}

// ask asks on a terminal; elsewhere the flag must have said it.
func (env *environment) ask(in *bufio.Reader, question, flag string) (string, error) {
	if f, isFile := env.Stdin.(*os.File); !isFile || !term.IsTerminal(int(f.Fd())) {
		return "", usageError{fmt.Errorf(env.say("%s manque, et il n'y a pas de terminal où demander", "%s is missing, and there is no terminal to ask on"), flag)}
	}
	fmt.Fprint(env.Stderr, question)
	answer, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(answer), nil
}

// printPlan prints what signing would change, and what is odd.
func (env *environment) printPlan(p *agreement.Plan, catalogue *schemas.Catalogue) {
	l, a := env.Config.Lang, p.File.Data
	switch {
	case len(p.Changes) == 0:
		fmt.Fprintf(env.Stdout, env.say("Convention %s de %s : rien ne change (révision %d en vigueur).\n", "Agreement %s of %s: nothing changes (revision %d is in force).\n"),
			a.Agreement, p.File.Lab, p.Before.Event.Revision)
	case p.Amends():
		fmt.Fprintf(env.Stdout, env.say("Convention %s de %s : avenant, révision %d → %d\n", "Agreement %s of %s: amendment, revision %d → %d\n"),
			a.Agreement, p.File.Lab, p.Before.Event.Revision, p.Revision)
	default:
		fmt.Fprintf(env.Stdout, env.say("Convention %s de %s : nouvelle, du %s au %s\n", "Agreement %s of %s: new, from %s to %s\n"), a.Agreement, p.File.Lab, a.Start, a.End)
	}
	for _, c := range p.Changes {
		fmt.Fprintln(env.Stdout, "  "+env.change(c))
	}
	for _, o := range p.Others {
		if !p.Amends() && o.Data.End >= a.Start && o.Data.Start <= a.End {
			fmt.Fprintf(env.Stdout, env.say("! %s a déjà la convention %s, du %s au %s : un avenant garde son numéro\n", "! %s already has agreement %s, from %s to %s: an amendment keeps its number\n"),
				p.File.Lab, o.Data.Agreement, o.Data.Start, o.Data.End)
		}
	}
	for _, r := range p.File.Odd(catalogue) {
		fmt.Fprintf(env.Stdout, "! %s:%s\n", p.File.Name, r.In(l))
	}
}

// change is a change for the terminal; its sign says the same as its colour.
func (env *environment) change(c agreement.Change) string {
	line := printable(c.In(env.Config.Lang))
	if !env.colours() {
		return line
	}
	return map[agreement.Sort]text.Color{agreement.Added: text.FgGreen, agreement.Removed: text.FgRed, agreement.Changed: text.FgYellow}[c.Sort].Sprint(line)
}

func midnight(y int, m time.Month, d int, zone *time.Location) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
