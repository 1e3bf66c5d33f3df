package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"vitrine/schemas"
)

func newTemplateCommand(env *environment) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "template [KIND…]",
		Short: "Write a spreadsheet to fill in: a workbook, or the header of a CSV file",
		Long: `Write a spreadsheet to fill in, with a sheet for each kind of event, drop-down lists and help. Without a
KIND it has all that labs send. The name's ending says which it is: .xlsx, or .csv (one KIND).`,
		Example: "  vitrine template training.held discovery.held --lang fr --out activites.xlsx\n  vitrine template machine.usage --out machines.csv",
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, kinds []string) error {
			for _, name := range kinds {
				if k, known := schemas.KindByName(name); !known || k.Programme {
					return usageError{fmt.Errorf(env.say("%q : attendu un type d'événement des fab labs, par exemple training.held (voir docs/data-dictionary.md)",
						"%q: expected a kind of event that labs send, such as training.held (see docs/data-dictionary.md)"), name)}
				}
			}
			format := out[strings.LastIndexByte(out, '.')+1:]
			if format != "xlsx" && (format != "csv" || len(kinds) != 1) {
				return usageError{fmt.Errorf(env.say("--out %q : attendu un nom en .xlsx, ou en .csv avec un seul type", "--out %q: expected a name that ends in .xlsx, or in .csv with a single kind"), out)}
			}
			var content bytes.Buffer
			if err := writeTemplate(&content, kinds, format, env.Config.Lang); err != nil {
				return err
			}
			if err := createFile(out, content.Bytes()); err != nil {
				return fmt.Errorf("--out: %w", env.spoken(err))
			}
			fmt.Fprintf(env.Stdout, env.say("%s est prêt à remplir.\n", "%s is ready to be filled in.\n"), out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "vitrine.xlsx", "file to write; it must not exist yet")
	return cmd
}

// createFile writes a new file, never over one that was filled in. Any disk will do: a memory stick has no links.
func createFile(path string, content []byte) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(path) // a part of it could be taken for the whole
	}
	return err
}
