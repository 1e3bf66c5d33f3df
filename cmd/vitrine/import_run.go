package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"vitrine/producers"
	"vitrine/producers/importers"
	"vitrine/producers/importers/ledger"
	"vitrine/schemas"
)

// importing is one import at work.
type importing struct {
	env *environment
	// unusable are the records that gave no event, by where they stand: one may have several faults. ended is what cut the
	// import short.
	unusable map[string]bool
	ended    error
}

// runImport sends an import's events, or prints them.
func (env *environment) runImport(ctx context.Context, im importers.Importer, r importers.Range, f importFlags, book *ledger.File, to *producers.Publisher) error {
	run := &importing{env: env, unusable: map[string]bool{}}
	// All of it is sent, at its old revision where nothing changed: the ledger can't know whether the
	// programme still has what it was sent, and sending it again changes nothing.
	found := run.events(importers.ReviseAll(ctx, book, f.lab, importers.EventsOf(ctx, im, book, r)))
	if f.dryRun {
		return errors.Join(run.print(found), run.outcome())
	}
	sent := &sending{ledger: book, lab: f.lab}
	watched, done := run.watch(sent.noted(found))
	totals, err := to.PublishAll(ctx, watched, producers.Options{OnResult: func(_ int, _ producers.Receipt, err error) {
		sent.result(ctx, err)
		var invalid *schemas.Invalid
		if errors.As(err, &invalid) {
			env.refusal(env.Stdout, fmt.Sprintf("%s %s", invalid.Kind, invalid.ID), invalid)
		}
	}})
	done()
	env.summary(env.Stdout, totals)
	if err = errors.Join(env.outcome(totals, err), sent.end(ctx)); err == nil && run.ended == nil {
		err = commit(ctx, im)
	}
	return errors.Join(err, run.outcome())
}

// commit lets a source remember what it told, now that the programme has all of it.
func commit(ctx context.Context, im importers.Importer) error {
	resumer, is := im.(importers.Resumer)
	if !is {
		return nil
	}
	return resumer.Commit(context.WithoutCancel(ctx))
}

// ledger is what remembers the lab's earlier imports.
func (env *environment) ledger(f importFlags) (*ledger.File, error) {
	path := f.ledger
	if path == "" {
		var err error
		if path, err = env.labFile(f.lab, ".sent"); err != nil {
			return nil, err
		}
	}
	book, err := ledger.Open(path)
	return book, env.spoken(err)
}

// events gives an import's events and prints the errors about single records.
func (run *importing) events(found iter.Seq2[*schemas.Event, error]) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e, err := range found {
			switch {
			case err == nil:
				if !yield(e) {
					return
				}
			case importers.Continues(err):
				if !importers.IsWarning(err) {
					run.unusable[recordOf(err)] = true
				}
				fmt.Fprintln(run.env.Stderr, importers.Say(err, run.env.Config.Lang))
			default:
				run.ended = err
			}
		}
	}
}

// recordOf is where the record of an error stands.
func recordOf(err error) string {
	var record *importers.RecordError
	if errors.As(err, &record) {
		return record.Origin + "\x00" + record.Record
	}
	return err.Error()
}

func (run *importing) watch(events iter.Seq[*schemas.Event]) (watched iter.Seq[*schemas.Event], done func()) {
	if !isTerminal(run.env.Stderr) {
		return events, func() {}
	}
	bar, n := run.env.progress(run.env.say("import", "importing")), uint64(0)
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			n++
			bar.set(n, n+1) // how many there are shows at the end
			if !yield(e) {
				return
			}
		}
	}, bar.end
}

func (run *importing) outcome() error {
	var unusable error
	if len(run.unusable) > 0 {
		unusable = fmt.Errorf(run.env.say("enregistrements inutilisables : %d", "unusable records: %d"), len(run.unusable))
	}
	return errors.Join(run.env.spoken(run.ended), unusable)
}

// print shows the events in a table instead of sending them.
func (run *importing) print(events iter.Seq[*schemas.Event]) error {
	t := tabwriter.NewWriter(run.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, run.env.say("date\ttype\tdonnées\tidentifiant", "time\tkind\tdata\tid"))
	n := 0
	for e := range events {
		n++
		what := describe(e.Data)
		if e.Retracted {
			what = run.env.say("annule l'événement : ", "takes the event back: ") + e.Reason
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.Time.Format("2006-01-02 15:04 -07:00"), e.Kind(), what, e.ID)
	}
	err := t.Flush()
	_, werr := fmt.Fprintf(run.env.Stdout, run.env.say("à envoyer : %d (rien n'a été envoyé)\n", "to send: %d (nothing was sent)\n"), n)
	return errors.Join(err, werr)
}

// describe is an event's data on one line.
func describe(data json.RawMessage) string {
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return err.Error()
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if list, isList := fields[name].([]any); isList {
			parts = append(parts, fmt.Sprintf("%s×%d", name, len(list)))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s=%v", name, fields[name]))
	}
	return strings.Join(parts, " ")
}
