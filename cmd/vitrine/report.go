package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/periods"
	"vitrine/consumers/reports"
	"vitrine/schemas"
)

// reportOptions are the flags of report.
type reportOptions struct {
	lab, period, format, out string
	programme, all           bool
}

func newReportCommand(env *environment) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report --lab LAB|--programme|--all --period PERIOD",
		Short: "Write the report on a lab's period, or on the programme's",
		Long: "Writes a report as an HTML page, a PDF or a workbook, in French or English. An approved period shows the figures as they were\n" +
			"approved, and what came since as adjustments; another one shows today's figures, marked as provisional.",
		Example: "  vitrine report --lab atelier-nord --period 2026-Q1 --lang fr --format html\n" +
			"  vitrine report --all --period 2026-Q1 --lang fr --format xlsx --out reports/\n" +
			"  vitrine report --programme --period 2026-Q1 --lang en --format html --out - > report.html",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return env.report(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.lab, "lab", "", "the lab's slug")
	cmd.Flags().BoolVar(&o.programme, "programme", false, "the report over all labs")
	cmd.Flags().BoolVar(&o.all, "all", false, "every lab's report, and the programme's")
	cmd.Flags().StringVar(&o.period, "period", "", "a quarter or month: 2026-Q1 or 2026-03")
	cmd.Flags().StringVar(&o.format, "format", "html", strings.Join(reports.Formats(), ", "))
	cmd.Flags().StringVar(&o.out, "out", "", "file or folder to write to; - is standard output (default: report-LAB-PERIOD-LANG.FORMAT here)")
	return cmd
}

func (env *environment) report(ctx context.Context, o reportOptions) error {
	if err := env.checkReport(o); err != nil {
		return usageError{err}
	}
	catalogue, err := env.catalogue()
	if err != nil {
		return err
	}
	store, err := env.openClickHouse(clickhouse.Config{})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		return err
	}
	madeWith := clickhouse.MadeWith(catalogue, env.Config.Zone)
	sources := env.reportSources(store, catalogue)
	q := reports.Question{Lab: o.lab, Period: o.period, Lang: env.Config.Lang}
	write := func(r *reports.Report) error { return env.writeReport(r, o) }
	if o.all {
		return store.WhileMadeWith(ctx, madeWith, func() error { return env.reportError(o, reports.BuildAll(ctx, sources, q, write)) })
	}
	var r *reports.Report
	if err := store.WhileMadeWith(ctx, madeWith, func() (err error) {
		r, err = reports.Build(ctx, sources, q)
		return env.reportError(o, err)
	}); err != nil {
		return err
	}
	return write(r)
}

// reportSources are what reports are made from.
func (env *environment) reportSources(store *clickhouse.Store, catalogue *schemas.Catalogue) reports.Sources {
	archive := periods.Archive{Store: store, Catalogue: catalogue, Zone: env.Config.Zone}
	return reports.Sources{Store: store, Behind: archive.Behind, Catalogue: catalogue, Zone: env.Config.Zone, Version: version}
}

func (env *environment) checkReport(o reportOptions) error {
	var problems []error
	wrong := func(fr, en string, args ...any) { problems = append(problems, fmt.Errorf(env.say(fr, en), args...)) }
	which := 0
	for _, given := range []bool{o.lab != "", o.programme, o.all} {
		if given {
			which++
		}
	}
	if which != 1 {
		wrong("indiquez soit --lab, soit --programme, soit --all", "expected one of --lab, --programme and --all")
	}
	if o.period == "" {
		wrong("--period : indiquez un trimestre ou un mois, par exemple 2026-T1 ou 2026-03", "--period: expected a quarter or month, such as 2026-Q1 or 2026-03")
	}
	if !slices.Contains(reports.Formats(), o.format) {
		wrong("--format %q : attendu : %s", "--format %q: expected one of %s", o.format, strings.Join(reports.Formats(), ", "))
	}
	if o.all && o.out == "-" {
		wrong("--out - : avec --all, indiquez un dossier", "--out -: with --all, expected a folder")
	}
	return errors.Join(problems...)
}

// reportError says in the user's language what was asked for that isn't there.
func (env *environment) reportError(o reportOptions, err error) error {
	var lab *reports.UnknownLab
	var period *reports.BadPeriod
	switch {
	case errors.As(err, &lab):
		return fmt.Errorf(env.say("le fab lab %q n'est pas enregistré ; enregistrés : %s", "lab %q is not registered; registered: %s"), lab.Lab, env.someLabs(lab.Have))
	case errors.As(err, &period) && period.Future:
		return usageError{fmt.Errorf(env.say("--period %s : cette période n'a pas commencé ; la dernière commencée est %s", "--period %s: this period hasn't begun; the latest one is %s"), o.period, period.Last)}
	case errors.As(err, &period):
		return usageError{fmt.Errorf(env.say("--period %q : un trimestre ou un mois est attendu, par exemple %s ou %s", "--period %q: expected a quarter or month, such as %s or %s"), o.period, period.Last, "2026-03")}
	}
	return err
}

func (env *environment) someLabs(labs []string) string {
	switch {
	case len(labs) == 0:
		return env.say("aucun", "none")
	case len(labs) > mostLabs:
		return strings.Join(labs[:mostLabs], ", ") + schemas.Counted(len(labs)-mostLabs,
			schemas.Text{FR: " et %d autre", EN: " and %d more"}, schemas.Text{FR: " et %d autres", EN: " and %d more"}).In(env.Config.Lang)
	}
	return strings.Join(labs, ", ")
}

// writeReport writes a report where --out says, a file whole or not at all.
func (env *environment) writeReport(r *reports.Report, o reportOptions) (err error) {
	if o.out == "-" {
		return reports.Write(env.Stdout, r, o.format)
	}
	path := reportPath(r, o)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = reports.Write(f, r, o.format)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	env.line("%s", path)
	return nil
}

// reportPath is where a report's file goes: what --out names, or a file of the default name in it where it is a folder.
func reportPath(r *reports.Report, o reportOptions) string {
	name := r.FileName() + "." + o.format
	if o.out == "" {
		return name
	}
	info, err := os.Stat(o.out)
	if o.all || err == nil && info.IsDir() || strings.HasSuffix(o.out, string(filepath.Separator)) {
		return filepath.Join(o.out, name)
	}
	return o.out
}
