package credentials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMayPublish(t *testing.T) {
	s := newSite(t, false)
	_, lab := issueTo(t, s.registry(t), "atelier-nord")
	const read = "$JS.API.STREAM.MSG.GET.VITRINE_EVENTS"
	for _, c := range []struct {
		path, subject string
		may           bool
	}{
		{lab, "vitrine.events.atelier-nord.>", true},
		{lab, "vitrine.events.atelier-nord.training.held", true},
		{lab, "vitrine.events.atelier-sud.>", false},
		{lab, "vitrine.events.>", false},
		{lab, read, false},
		{s.keys.RoleCredentials(RoleGateway), read, true},
		{s.keys.RoleCredentials(RoleObserver), read, false},
		{s.keys.ServiceCredentials(), read, true},
		{"", read, true},
	} {
		if may, err := MayPublish(c.path, c.subject); err != nil || may != c.may {
			t.Errorf("%s on %s: %t, %v", filepath.Base(c.path), c.subject, may, err)
		}
	}
	for whose, want := range map[string]bool{"atelier-nord": true, "atelier-nor": false, "atelier-sud": false} {
		if may, err := MaySend(lab, whose); err != nil || may != want {
			t.Errorf("for %s: %t, %v", whose, may, err)
		}
	}
	other := filepath.Join(t.TempDir(), "other.creds")
	if err := os.WriteFile(other, []byte("nothing of the sort"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{other, filepath.Join(t.TempDir(), "none.creds")} {
		if may, err := MayPublish(path, read); may || err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %t, %v", path, may, err)
		}
	}
}
