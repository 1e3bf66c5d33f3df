package agentcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"vitrine/producers/agent"
)

// statusTimeout bounds how long a running agent may take to answer.
const statusTimeout = 10 * time.Second

// status prints what the running agent says of itself. It fails if something is wrong.
func (env Environment) status(ctx context.Context, f flags) error {
	file, err := env.file(f)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.PageURL()+"/status.json", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf(env.say("l'agent ne répond pas à %s : est-il démarré ? %w", "the agent doesn't answer at %s: is it running? %w"), file.Listen, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var st agent.Status
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf(env.say("%s répond autre chose qu'un agent (%s)", "%s answers something else than an agent (%s)"), file.Listen, resp.Status)
	}
	return env.print(st, file.Zone)
}

func (env Environment) print(st agent.Status, zone *time.Location) error {
	moment := func(t *time.Time) string {
		if t == nil {
			return "–"
		}
		return t.In(zone).Format("2006-01-02 15:04")
	}
	wrong := st.Spool.Full || st.Spool.Refused > 0
	t := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, env.say("source\tdernière lecture\tprochaine\trepris\tenvoyés\tinchangés\tinutilisables\tétat", "source\tlast reading\tnext\ttaken\tsent\tunchanged\tunusable\tstate"))
	for _, s := range st.Sources {
		state := env.say("en ordre", "in order")
		if s.Problem != nil {
			state, wrong = s.Problem.In(env.Lang()), true
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", s.Name, moment(s.LastRun), moment(s.Next), s.Spooled, s.Forwarded, s.Unchanged, s.ErrorCount, state)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, env.say("file d'attente : %d en attente, %d %% de la place, le plus ancien : %s ; refusés : %d\n",
		"spool: %d waiting, %d %% of the room, the oldest: %s; refused: %d\n"), st.Spool.Waiting, st.Spool.Percent, moment(st.Spool.Oldest), st.Spool.Refused)
	if p := st.Programme.Problem; p != nil {
		wrong = true
		fmt.Fprintln(env.Stdout, env.say("programme :", "programme:"), p.In(env.Lang()))
	}
	if wrong {
		return spoken{errSomeFailed, env.say("tout n'est pas en ordre", "not everything is in order")}
	}
	return nil
}
