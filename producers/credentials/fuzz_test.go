package credentials

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"vitrine/schemas"
)

func FuzzToken(f *testing.F) {
	token, _ := newToken("atelier-nord")
	for _, seed := range []string{token, "", "vit_", "vit__", "vit_a_", token + "_", "vit_*_" + strings.Repeat("a", 52), strings.ToUpper(token)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		lab, ok := labOf(token)
		if ok && (!schemas.IsSlug(lab) || !strings.HasPrefix(token, "vit_"+lab+"_") || len(token) > maxToken) {
			t.Errorf("%q is taken for a token of %q", token, lab)
		}
	})
}

func FuzzEntry(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"stream":"VITRINE_EVENTS","seq":1}`,
		`{"lab":"a","role":"lab","created":"2026-01-01T00:00:00Z","tokens":[],"users":[]}`,
		`{"lab":"a","role":"programme","created":"2026-01-01T00:00:00Z","tokens":[],"users":[]}`,
		`{"lab":"a","role":"lab","created":"2026-01-01T00:00:00Z","tokens":[{"hash":"AAAA","hint":"x","issued":"2026-01-01T00:00:00Z"}],"users":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := decodeEntry(raw)
		if err != nil {
			return
		}
		if !schemas.IsSlug(e.Lab) || (e.Role == RoleProgramme) != (e.Lab == Programme) {
			t.Fatalf("%s is taken for an entry", raw)
		}
		for _, token := range e.Tokens {
			if len(token.Hash) != 32 {
				t.Fatalf("%s is taken for an entry", raw)
			}
		}
		again, err := json.Marshal(e)
		if err != nil {
			return // a time out of JSON's range
		}
		back, err := decodeEntry(again)
		if err != nil {
			t.Fatalf("%s comes back as %s: %v", raw, again, err)
		}
		if third, err := json.Marshal(back); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%s, then %s", again, third)
		}
	})
}

func FuzzCredentialsFile(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		prefix, err := inboxOf(raw)
		if err == nil && prefix != "" && (!strings.HasPrefix(prefix, "_INBOX_") || strings.ContainsAny(prefix, "*.> ")) {
			t.Errorf("an inbox at %q", prefix)
		}
	})
}
