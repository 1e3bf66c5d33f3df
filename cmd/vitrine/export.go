package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// exportFlags say what is written where.
type exportFlags struct {
	format, lab, from, to, out string
}

func newExportCommand(env *environment) *cobra.Command {
	var f exportFlags
	names := make([]string, 0, len(schemas.Relations()))
	for _, r := range schemas.Relations() {
		names = append(names, r.Name)
	}
	cmd := &cobra.Command{
		Use:   "export RELATION --out FILE",
		Short: "Write a relation out as Parquet, CSV or JSON; open-data writes what anybody may have",
		Long: `Write the rows of a relation that analysts read into a file. --from and --to are days, both included, by the relation's
own day: an event's, the first one of a period, the one on which a commitment is due. Relations: ` + strings.Join(names, ", ") + `.`,
		Example: "  vitrine export kpi_monthly --out kpi_monthly.parquet\n  vitrine export events --lab coque-et-ecrou --from 2026-01-01 --to 2026-03-31 --format csv --out -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.export(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.format, "format", "", "parquet, csv or json (default: as the file's name ends, else parquet)")
	cmd.Flags().StringVar(&f.lab, "lab", "", "one lab's rows alone, by its slug")
	cmd.Flags().StringVar(&f.from, "from", "", "first day, e.g. 2026-01-01")
	cmd.Flags().StringVar(&f.to, "to", "", "last day, e.g. 2026-03-31")
	cmd.Flags().StringVar(&f.out, "out", "", "file to write; - is the standard output")
	cmd.AddCommand(newExportOpenDataCommand(env))
	return cmd
}

func (env *environment) export(ctx context.Context, relation string, f exportFlags) error {
	sel := clickhouse.Selection{Relation: relation, Format: f.format, Lab: f.lab}
	if sel.Format == "" {
		sel.Format = "parquet"
		if ending := strings.TrimPrefix(filepath.Ext(f.out), "."); ending == "csv" || ending == "json" {
			sel.Format = ending
		}
	}
	var err1, err2 error
	sel.From, err1 = flagDay("--from", f.from)
	sel.To, err2 = flagDay("--to", f.to)
	if err := errors.Join(err1, err2); err != nil {
		return usageError{err}
	}
	if f.out == "" {
		return usageError{errors.New("--out: expected a file, or - for the standard output")}
	}
	s, err := env.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	made, err := s.store.FiguresWhole(ctx)
	if err != nil {
		return err
	}
	rows, err := s.store.ExportSelection(ctx, sel)
	if wrong := new(clickhouse.SelectionError); errors.As(err, &wrong) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	whole := checkedAtEnd{rows, func() error { return clickhouse.StillMade(ctx, s.store.FiguresMade, made) }}
	if f.out == "-" {
		_, err := io.Copy(env.Stdout, whole)
		return err
	}
	return writeWhole(f.out, whole)
}

// checkedAtEnd reads from a reader, and fails at its end where check does.
type checkedAtEnd struct {
	io.Reader
	check func() error
}

func (c checkedAtEnd) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		if wrong := c.check(); wrong != nil {
			return n, wrong
		}
	}
	return n, err
}

func flagDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("%s %q: expected a day such as 2026-01-31", flag, text)
	}
	return day, nil
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, from io.Reader) error {
	out, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out.Name()) }()
	_, err = io.Copy(out, from)
	if err := errors.Join(err, out.Chmod(0o644), out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(out.Name(), path)
}
