package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/schemas"
)

// lastOf is the last event of a lab's kind in the stream.
func lastOf(t *testing.T, url, lab, kind string) *schemas.Event {
	t.Helper()
	stream, err := testkit.JetStream(t, url).Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetLastMsgForSubject(t.Context(), schemas.Subject(lab, kind))
	if err != nil {
		t.Fatal(err)
	}
	e, err := schemas.Decode(m.Data, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestImportTakesBackWhatIsNoLongerConfirmed: an agenda's date whose number was removed counts no more, as the warning about it says.
func TestImportTakesBackWhatIsNoLongerConfirmed(t *testing.T) {
	url, _ := natsWithStreams(t)
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	read := func(description string, more ...string) (status int, out, errs string) {
		t.Helper()
		agenda := filepath.Join(dir, "agenda.ics")
		text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//FR\nBEGIN:VEVENT\nUID:a@x\nDTSTAMP:20260201T090000Z\nDTSTART:20260305T170000Z\nDTEND:20260305T210000Z\nSUMMARY:Open Lab\nCATEGORIES:decouverte\n" +
			description + "END:VEVENT\nEND:VCALENDAR\n"
		if err := os.WriteFile(agenda, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return command(t, "", url, append([]string{"import", "icalendar", "--lab", "a", "--file", agenda, "--ledger", filepath.Join(dir, "sent"), "--salt-file", filepath.Join(dir, "salt")}, more...)...)
	}
	const confirmed = "DESCRIPTION:Participants : 23\n"
	if status, out, errs := read(confirmed); status != 0 || lastOf(t, url, "a", "discovery.held").Retracted {
		t.Fatal(status, out, errs)
	}
	if status, out, errs := read("", "--dry-run"); status != 0 || !strings.Contains(out, "takes the event back: no longer confirmed") {
		t.Fatal(status, out, errs)
	}
	if status, out, errs := read(""); status != 0 || !strings.Contains(errs, "awaits confirmation, not counted") || !lastOf(t, url, "a", "discovery.held").Retracted {
		t.Errorf("no longer confirmed, and counted: %d, %s, %s", status, out, errs)
	}
	if status, out, errs := read(confirmed); status != 0 || lastOf(t, url, "a", "discovery.held").Retracted {
		t.Error(status, out, errs)
	}
	if status, out, _ := read("", "--nats-url", "nats://127.0.0.1:1", "--attempts", "1"); status != 1 {
		t.Error(status, out)
	}
	if status, out, errs := read(""); status != 0 || !lastOf(t, url, "a", "discovery.held").Retracted {
		t.Errorf("after an import that couldn't be sent: %d, %s, %s", status, out, errs)
	}
}

// TestImportTakesBackDeletedSessions: what was deleted in Fabman counts no more. Everything is sent each time nevertheless, and another
// account or space of the same lab is another source.
func TestImportTakesBackDeletedSessions(t *testing.T) {
	url, _ := natsWithStreams(t)
	dir := t.TempDir()
	sessions := map[string][]int{"one": {1, 2}, "other": {7}} // by token
	now := time.Now()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, logs := strings.TrimPrefix(r.URL.Path, "/"), []string{}
		for _, id := range sessions[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
			start := now.Add(-time.Duration(id) * time.Hour * 24)
			logs = append(logs, fabmanLog(id, start.UTC().Format("2006-01-02T15:04:05.000Z"), start.Add(time.Hour).UTC().Format(`"2006-01-02T15:04:05.000Z"`)))
		}
		switch {
		case strings.HasSuffix(list, "resources"):
			w.Header().Set("X-Total-Count", "1")
			fmt.Fprint(w, `[{"id":245,"space":1,"name":"Laser","controlType":"machine","lockVersion":1}]`)
		case strings.HasSuffix(list, "resource-logs"):
			w.Header().Set("X-Total-Count", fmt.Sprint(len(logs)))
			fmt.Fprint(w, "["+strings.Join(logs, ",")+"]")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer service.Close()
	read := func(token string, more ...string) string {
		t.Helper()
		file := filepath.Join(dir, token)
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, errs := command(t, "", url, append([]string{"import", "fabman", "--lab", "a", "--url", service.URL, "--token-file", file,
			"--ledger", filepath.Join(dir, "sent"), "--salt-file", filepath.Join(dir, "salt")}, more...)...)
		if status != 0 {
			t.Fatal(status, out, errs)
		}
		return out
	}
	for _, c := range []struct {
		token  string
		change func()
		more   []string
		want   string
		gone   bool // what was sent last is a retraction
	}{
		{"one", func() {}, nil, "accepted 2, refused 0\n", false},
		{"one", func() {}, nil, "accepted 2, refused 0\n", false},
		{"other", func() {}, nil, "accepted 1, refused 0\n", false},
		{"one", func() {}, []string{"--space", "9"}, "accepted 0, refused 0\n", false},
		{"one", func() { sessions["one"] = []int{1} }, nil, "accepted 2, refused 0\n", true},
		{"one", func() {}, nil, "accepted 2, refused 0\n", true},
		{"other", func() {}, nil, "accepted 1, refused 0\n", false},
	} {
		c.change()
		if out := read(c.token, c.more...); out != c.want || lastOf(t, url, "a", "machine.usage").Retracted != c.gone {
			t.Errorf("%s %v with %v: %q, want %q; retracted: %t", c.token, c.more, sessions, out, c.want, !c.gone)
		}
	}
}
