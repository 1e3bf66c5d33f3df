package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"vitrine/producers/credentials"
)

func newLabListCommand(env *environment, f *labFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what was issued to whom, and what is still good",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := env.openRegistry(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer r.conn.Close()
			// Also where nobody does it every minute, as vitrine up does.
			swept := r.Sweep(cmd.Context())
			entries, err := r.List(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return errors.Join(env.listLabsJSON(entries), swept)
			}
			env.listLabs(entries)
			return swept
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (env *environment) listLabs(entries []credentials.Entry) {
	if len(entries) == 0 {
		fmt.Fprintln(env.Stdout, env.say("Personne n'a encore reçu de jeton.", "Nobody was given a token yet."))
		return
	}
	t := env.newTable(env.say("Fab lab", "Lab"), env.say("Émis", "Issued"), env.say("Remplacé", "Rotated"), env.say("Révoqué", "Revoked"),
		env.say("Dernier jeton", "Last token"), env.say("Utilisables", "Good"))
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 6, Align: text.AlignRight}})
	for _, e := range entries {
		last := ""
		if n := len(e.Tokens); n > 0 {
			last = e.Tokens[n-1].Hint
		}
		t.AppendRow(table.Row{e.Lab, env.stamp(e.Created), env.stamp(e.Rotated), env.stamp(e.Revoked), last, goodTokens(e)})
	}
	t.Render()
}

func goodTokens(e credentials.Entry) (n int) {
	now := time.Now()
	for _, token := range e.Tokens {
		if token.Live(now) {
			n++
		}
	}
	return n
}

// stamp is a time in the programme's zone; empty if it is none.
func (env *environment) stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(env.Config.Zone).Format("2006-01-02 15:04")
}

// listLabsJSON leaves the hashes out: they are of no use to a reader.
func (env *environment) listLabsJSON(entries []credentials.Entry) error {
	type lab struct {
		Lab     string           `json:"lab"`
		Role    credentials.Role `json:"role"`
		Issued  time.Time        `json:"issued"`
		Rotated time.Time        `json:"rotated,omitzero"`
		Revoked time.Time        `json:"revoked,omitzero"`
		Token   string           `json:"last_token,omitempty"`
		Good    int              `json:"good_tokens"`
	}
	out := []lab{}
	for _, e := range entries {
		l := lab{e.Lab, e.Role, e.Created, e.Rotated, e.Revoked, "", goodTokens(e)}
		if n := len(e.Tokens); n > 0 {
			l.Token = e.Tokens[n-1].Hint
		}
		out = append(out, l)
	}
	encoder := json.NewEncoder(env.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
