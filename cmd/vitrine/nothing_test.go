package main

import (
	"strings"
	"testing"

	"vitrine/internal/testkit/storekit"
)

// TestNothingYet holds what is said of a programme without labs: lists that are lists for programs, and sentences for people.
func TestNothingYet(t *testing.T) {
	address := storekit.URL(t)
	for _, c := range []struct {
		args string
		exit int
		want string
	}{
		{"status", 0, "No lab is registered."},
		{"status --json", 0, `"labs": [],`},
		{"status --json", 0, `"totals": []`},
		{"status --lab nobody", 1, `lab "nobody" is not registered`},
		{"period list --json", 0, `"periods": []`},
	} {
		exit, out, errs := command(t, "", "nats://127.0.0.1:1", append(strings.Fields(c.args), "--clickhouse-url", address)...)
		if exit != c.exit || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: exit status %d, %s%s; want %d and %s", c.args, exit, out, errs, c.exit, c.want)
		}
	}
}
