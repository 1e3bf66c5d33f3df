package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// examplesRun runs what docs/sending.md shows, as it stands there.
func examplesRun(t *testing.T, r *running) {
	page, err := os.ReadFile("../../docs/sending.md")
	if err != nil {
		t.Fatal(err)
	}
	token, _ := r.addLab(t, "my-lab")
	for _, c := range []struct {
		fence, program string
		args           []string
		token, want    string
		fails          bool
	}{
		{"sh", "sh", []string{"-e"}, token, `{"accepted":1,"rejected":[]}`, false},
		{"js", "node", []string{"--input-type=module", "-"}, token, "accepted 1, refused 0", false},
		{"js", "node", []string{"--input-type=module", "-"}, "another", "401: jeton inconnu ou révoqué", true},
	} {
		_, rest, found := strings.Cut(string(page), "```"+c.fence+"\n")
		example, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("docs/sending.md has no %s example", c.fence)
		}
		cmd := exec.CommandContext(t.Context(), c.program, c.args...)
		cmd.Stdin = strings.NewReader(example)
		cmd.Env = append(os.Environ(), "VITRINE="+r.web, "TOKEN="+c.token)
		if out, err := cmd.CombinedOutput(); (err != nil) != c.fails || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v, printed %q, want %q", c.fence, err, out, c.want)
		}
	}
	waitCounted(t, r.nats)
	if got := r.figures(t, "my-lab"); got["D02"] != "23" || got["U01"] != "2.5" {
		t.Errorf("the examples gave %v", got)
	}
}
