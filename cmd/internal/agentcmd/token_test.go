package agentcmd

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"vitrine/producers"
	"vitrine/producers/agent"
	"vitrine/producers/client"
	"vitrine/schemas"
)

// A token that was replaced in its file is taken without a restart.
func TestAReplacedTokenIsTaken(t *testing.T) {
	good := "first"
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+good {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]any{"accepted": 1, "rejected": []any{}})
	}))
	t.Cleanup(gateway.Close)
	path := filepath.Join(t.TempDir(), "token.txt")
	give := func(token string) {
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	give("first")
	env := Environment{Lang: func() schemas.Lang { return schemas.French }, Wrong: func(err error) error { return err }}
	s, err := env.sender(&agent.File{Lab: "atelier-nord", Programme: agent.ProgrammeSpec{Gateway: gateway.URL, TokenFile: path}}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	send := func() error {
		settled, err := s.Send(t.Context(), []producers.Parcel{{ID: "1", Raw: []byte("{}")}})
		if err == nil && (len(settled) != 1 || settled[0] != nil) {
			t.Fatalf("settled %v", settled)
		}
		return err
	}
	var refused *client.ForbiddenError
	if err := send(); err != nil {
		t.Fatal(err)
	}
	good = "second"
	if err := send(); !errors.As(err, &refused) {
		t.Errorf("the former token: %v", err)
	}
	if err := send(); !errors.As(err, &refused) {
		t.Errorf("the file holds the former one still: %v", err)
	}
	give("second")
	_ = send() // refused once more
	if err := send(); err != nil {
		t.Errorf("the new token: %v", err)
	}
	give("two words")
	good = "third"
	if err := errors.Join(send(), send()); !errors.As(err, &refused) {
		t.Errorf("what is no token: %v", err)
	}
}
