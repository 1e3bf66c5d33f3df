package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vitrine/internal/chd"
)

// Who gets into the embedded ClickHouse, by what was asked for.
func TestClickHouseAccess(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	look, serve, empty := file("look", "look\n"), file("serve", "serve\n"), file("empty", "\n")
	for _, c := range []struct {
		name, addr       string
		access           clickhouseAccess
		service, analyst string // passwords; "made" is one that is made
		refused          string
	}{
		{"this machine", "127.0.0.1:0", clickhouseAccess{}, "", "", ""},
		{"this machine, asked", "127.0.0.1:0", clickhouseAccess{requirePassword: true}, "made", "", ""},
		{"this machine, the analyst asked", "localhost:0", clickhouseAccess{analystPasswordFile: look}, "", "look", ""},
		{"this machine, both asked", "[::1]:0", clickhouseAccess{passwordFile: serve, analystPasswordFile: look}, "serve", "look", ""},
		{"any address", "0.0.0.0:0", clickhouseAccess{analystPasswordFile: look}, "made", "look", ""},
		{"every address", ":0", clickhouseAccess{passwordFile: serve, analystPasswordFile: look}, "serve", "look", ""},
		{"any address without a password", "0.0.0.0:0", clickhouseAccess{passwordFile: serve}, "", "", "--analyst-password-file is expected"},
		{"every address without a password", ":0", clickhouseAccess{}, "", "", "--analyst-password-file is expected"},
		{"one for both", "127.0.0.1:0", clickhouseAccess{passwordFile: look, analystPasswordFile: look}, "", "", "the same password"},
		{"an empty file", "127.0.0.1:0", clickhouseAccess{analystPasswordFile: empty}, "", "", "is empty"},
		{"a file that isn't there", "127.0.0.1:0", clickhouseAccess{passwordFile: look + "-not"}, "", "", "--clickhouse-password-file"},
		{"no address", "nowhere", clickhouseAccess{}, "", "", "--clickhouse-addr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := chd.Config{Addr: c.addr, Dir: dir, Engine: "x"}
			user, err := c.access.apply(&config, filepath.Join(dir, "keys"))
			if c.refused != "" {
				if used := (usageError{}); !errors.As(err, &used) || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("%v, want %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := c.service
			if want == "made" {
				raw, err := os.ReadFile(filepath.Join(dir, "keys", "clickhouse.password"))
				if err != nil || len(strings.TrimSpace(string(raw))) < 32 {
					t.Fatalf("what was made: %q, %v", raw, err)
				}
				want = strings.TrimSpace(string(raw))
			}
			if config.Password != want || config.AnalystPassword != c.analyst || !slices.Contains(config.AnalystRelations, "vitrine.events") {
				t.Errorf("%+v", config)
			}
			given := ""
			if user != nil {
				given, _ = user.Password()
			}
			if given != want {
				t.Errorf("the service gives %q, %q is asked for", given, want)
			}
			if _, err := chd.New(config); err != nil {
				t.Errorf("the engine refuses it: %v", err)
			}
		})
	}
}
