package main

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit/storekit"
)

// Half made figures are nobody's: neither status nor export says anything of them.
func TestNothingIsSaidOfHalfMadeFigures(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	nats, _ := natsWithStreams(t)
	file := filepath.Join(t.TempDir(), "labs.csv")
	asked := map[string][]string{"status": {"status"}, "export": {"export", "labs", "--out", file}, "call": {"call"}, "period list": {"period", "list"},
		"period adjustments": {"period", "adjustments"}}
	for name, args := range asked {
		if status, out, errs := command(t, "", nats, append(args, "--clickhouse-url", url)...); status != 0 {
			t.Errorf("%s of whole figures: exit status %d, %s%s", name, status, out, errs)
		}
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	for name, args := range asked {
		status, out, errs := command(t, "", nats, append(args, "--clickhouse-url", url)...)
		if status != 1 || out != "" || !strings.Contains(errs, "a rebuild is under way, or was interrupted") {
			t.Errorf("%s while they are made: exit status %d, %s%s", name, status, out, errs)
		}
	}
}

func TestCheckedAtEnd(t *testing.T) {
	wrong := errors.New("made again")
	for _, check := range []error{nil, wrong} {
		read, err := io.ReadAll(checkedAtEnd{strings.NewReader("rows"), func() error { return check }})
		if string(read) != "rows" || !errors.Is(err, check) {
			t.Errorf("read %q, %v; want all of it and %v", read, err, check)
		}
	}
}
