package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

// command runs a command line against a NATS server, and gives what it printed.
func command(t *testing.T, stdin, natsURL string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	config := t.TempDir()
	env := &environment{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(name string) string {
		return map[string]string{"VITRINE_NATS_URL": natsURL, "LANG": "en_GB.UTF-8", "VITRINE_SALT_FILE": filepath.Join(config, "salt"), "VITRINE_LEDGER": filepath.Join(config, "sent")}[name]
	}}
	status = run(t.Context(), env, args)
	return status, out.String(), errs.String()
}

// natsWithStreams is a server's URL.
func natsWithStreams(t *testing.T) (url string, p *producers.Publisher) {
	t.Helper()
	url = testkit.NATS(t)
	p, err := producers.New(producers.Config{URL: url})
	if err == nil {
		err = p.Connect(t.Context())
	}
	if err == nil {
		err = p.EnsureStreams(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return url, p
}

func eventJSON(n int, attendees string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/labs/atelier-nord","type":"org.vitrine.discovery.held","time":"2026-03-12T18:00:00+01:00","data":{"type":"open_lab","audience":"general_public","attendance":%s}}`,
		schemas.RecordID("atelier-nord", "test", fmt.Sprint(n)), attendees)
}

func TestPublishSaysWhatBecameOfEachEvent(t *testing.T) {
	url, _ := natsWithStreams(t)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(eventJSON(1, "5")+"\n\n"+eventJSON(2, `"many"`)+"\nnonsense\n"+eventJSON(3, "7")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := command(t, "", url, "publish", file)
	for _, want := range []string{
		file + ", line 1, event 1: accepted, seq 1, discovery.held " + schemas.RecordID("atelier-nord", "test", "1").String() + "\n",
		file + ", line 3, event 2: refused: data.attendance: wrong type (found \"many\"; expected an integer from 0 to 50000)\n",
		file + ", line 4, event 3: refused: not readable as JSON",
		file + ", line 5, event 4: accepted, seq 2",
		"accepted 2, refused 2\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q isn't in:\n%s", want, out)
		}
	}
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	status, out, errs := command(t, "["+eventJSON(4, "1")+",\n"+eventJSON(5, "-1")+"]", url, "publish", "--quiet", "--lang", "fr", "-")
	if want := "entrée standard, ligne 2, événement 2 : refusé : data.attendance : valeur invraisemblable (reçu -1 ; attendu : un entier de 0 à 50000)\nacceptés : 1, refusés : 1\n"; out != want || status != 1 {
		t.Errorf("got %q, exit status %d", out, status)
	}
	if !strings.Contains(errs, "événements refusés : 1") {
		t.Errorf("the error is %q", errs)
	}
	if status, out, errs = command(t, eventJSON(6, "1"), url, "publish", "-"); status != 0 || errs != "" || !strings.HasSuffix(out, "accepted 1, refused 0\n") {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
}

func TestPublishFails(t *testing.T) {
	url, _ := natsWithStreams(t)
	without := testkit.NATS(t)
	for name, c := range map[string]struct {
		stdin, url string
		args       []string
		status     int
		want       string
	}{
		"no file":            {"", url, []string{"publish"}, 2, "FILE"},
		"a missing file":     {"", url, []string{"publish", filepath.Join(t.TempDir(), "none")}, 1, "none"},
		"a list cut short":   {"[" + eventJSON(1, "1"), url, []string{"publish", "-"}, 1, "line 1: the input ends in the middle"},
		"no server":          {eventJSON(1, "1"), "nats://127.0.0.1:1", []string{"publish", "--attempts", "1", "-"}, 1, "is the NATS server running"},
		"no stream":          {eventJSON(1, "1"), without, []string{"publish", "--attempts", "2", "-"}, 1, "no stream takes this subject"},
		"no stream (French)": {eventJSON(1, "1"), without, []string{"publish", "--attempts", "2", "--lang", "fr", "-"}, 1, "aucun flux ne reçoit"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := command(t, c.stdin, c.url, c.args...)
			if status != c.status || !strings.Contains(errs, c.want) {
				t.Errorf("exit status %d, %q, %q", status, out, errs)
			}
		})
	}
}
