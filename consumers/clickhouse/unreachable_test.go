package clickhouse

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// Each way of asking says where ClickHouse should be, and nothing of the thousand characters that the request's address has.
func TestClickHouseThatIsNotThere(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	where := "http://someone:xxxxx@" + gone.Listener.Addr().String() + "/vitrine"
	s, err := Open(Config{URL: strings.Replace(where, "xxxxx", "secret", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	rejection := []Rejection{{StreamSeq: 1, ReceivedAt: time.Now()}}
	asked := map[string]func() error{
		"ping":      func() error { return s.Ping(ctx) },
		"query":     func() error { _, err := s.Columns(ctx, "labs"); return err },
		"row":       func() error { _, err := s.FiguresMade(ctx); return err },
		"select":    func() error { _, err := s.PeriodStates(ctx, time.Now(), ""); return err },
		"exec":      func() error { return s.drop(ctx, "vitrine_scratch_x") },
		"batch":     func() error { return s.InsertRejections(ctx, rejection) },
		"over HTTP": func() error { _, err := s.Export(ctx, "labs", "json", ""); return err },
		"migrate":   func() error { _, err := s.Migrate(ctx, schemas.DefaultZone, schemas.DefaultCatalogue()); return err },
	}
	for name, ask := range asked {
		err := ask()
		if silent := (&UnreachableError{}); !errors.As(err, &silent) || silent.Where != where {
			t.Errorf("%s: %v; want an UnreachableError that names %s", name, err, where)
			continue
		}
		if text := err.Error(); strings.Contains(text, "?") || strings.Contains(text, "secret") || !strings.Contains(text, "refused") {
			t.Errorf("%s: %s; want the cause without the request's address", name, text)
		}
	}
	given, up := context.WithCancel(ctx)
	up()
	for name, err := range map[string]error{"row": func() error { _, err := s.FiguresMade(given); return err }(), "ping": s.Ping(given)} {
		if silent := (&UnreachableError{}); !errors.Is(err, context.Canceled) || errors.As(err, &silent) || strings.Contains(err.Error(), "?") {
			t.Errorf("%s, given up: %v; want that it was given up, and nothing about ClickHouse's address", name, err)
		}
	}
}
