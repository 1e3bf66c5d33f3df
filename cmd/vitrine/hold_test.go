package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/claim"
	"vitrine/schemas"
)

// Whoever comes second is told in his language who is at work, since when and where.
func TestWhoIsAtWorkIsTold(t *testing.T) {
	held := fmt.Errorf("verify: %w", &claim.HeldError{By: claim.Holder{Command: "rebuild", Host: "serveur-2", Process: 4711, Since: time.Date(2026, 11, 28, 20, 30, 0, 0, time.UTC)}})
	lost := errors.Join(claim.ErrLost, errors.New("context canceled"))
	for _, c := range []struct {
		lang schemas.Lang
		err  error
		want []string
	}{
		{schemas.French, held, []string{"vitrine rebuild travaille", "2026-11-28 21:30", "serveur-2", "4711", "redonnez la commande"}},
		{schemas.English, held, []string{"vitrine rebuild is at work", "2026-11-28 21:30", "serveur-2", "4711", "give the command again"}},
		{schemas.French, lost, []string{"un autre processus", "redonnez la commande"}},
		{schemas.English, lost, []string{"another process", "give the command again"}},
	} {
		paris, err := time.LoadLocation(schemas.DefaultZone)
		if err != nil {
			t.Fatal(err)
		}
		env := &environment{Config: config{Lang: c.lang, Zone: paris}}
		for _, want := range c.want {
			if got := env.claimed(c.err).Error(); !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	}
}
