package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/agreement"
	"vitrine/schemas"
)

// signing is a server with one registered lab, and a file to sign.
type signing struct {
	t         *testing.T
	url, file string
	publisher *producers.Publisher
}

func newSigning(t *testing.T) *signing {
	t.Helper()
	s := &signing{t: t, file: filepath.Join(t.TempDir(), "convention.yaml")}
	s.url, s.publisher = natsWithStreams(t)
	lab, err := schemas.NewEvent("atelier-nord", "", time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), schemas.LabRegistered{Name: "Atelier Nord", Commune: "Brest"})
	if err == nil {
		_, err = s.publisher.Publish(t.Context(), lab)
	}
	if err != nil {
		t.Fatal(err)
	}
	status, out, errs := s.run("template", "--lab", "atelier-nord", "--number", "AFN-2026-001", "--start", "2026-01-01")
	if status != 0 {
		t.Fatal(errs)
	}
	s.write(out)
	return s
}

// run runs vitrine agreement.
func (s *signing) run(args ...string) (status int, stdout, stderr string) {
	s.t.Helper()
	return command(s.t, "", s.url, append([]string{"agreement", args[0], "--data", s.t.TempDir()}, args[1:]...)...)
}

func (s *signing) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// change replaces a text of the file.
func (s *signing) change(old, new string) {
	s.t.Helper()
	raw, err := os.ReadFile(s.file)
	if err != nil || !strings.Contains(string(raw), old) {
		s.t.Fatalf("no %q in the file (%v)", old, err)
	}
	s.write(strings.Replace(string(raw), old, new, 1))
}

// want runs a command and looks for texts in what it prints on both outputs.
func (s *signing) want(status int, args []string, texts ...string) {
	s.t.Helper()
	got, out, errs := s.run(args...)
	if got != status {
		s.t.Errorf("%v: exit status %d, want %d: %s%s", args, got, status, out, errs)
	}
	for _, text := range texts {
		if !strings.Contains(out+errs, text) {
			s.t.Errorf("%v: no %q in\n%s%s", args, text, out, errs)
		}
	}
}

func (s *signing) versions() []agreement.Version {
	s.t.Helper()
	var out []struct{ Revision int64 }
	_, list, _ := s.run("history", "atelier-nord", "--json")
	if err := json.Unmarshal([]byte(list), &out); err != nil && list != "" {
		s.t.Fatal(err)
	}
	return make([]agreement.Version, len(out))
}

func TestAnAgreementIsSignedAndAmended(t *testing.T) {
	s := newSigning(t)
	apply := func(more ...string) []string { return append([]string{"apply", s.file}, more...) }

	s.want(0, apply("--dry-run"), "new, from 2026-01-01 to 2027-12-31", "+ D01 Discovery events held – Companies: Target 8")
	s.want(1, []string{"show", "atelier-nord"}, "has no agreement in force")
	s.want(2, apply(), "--yes is missing")
	s.want(0, apply("--yes"), "Signed: agreement AFN-2026-001 of atelier-nord, revision 0")
	s.want(0, apply("--yes"), "nothing changes (revision 0 is in force)")

	s.change("grant: 100000", "grant: 110000")
	s.change("segment: audience=companies, target: 8", "segment: audience=companies, target: 10")
	s.want(0, apply("--dry-run", "--lang", "fr"), "avenant, révision 0 → 1", "~ Subvention (€) : 100000 → 110000",
		"~ D01 Événements de découverte organisés – Entreprises, Cible : 8 → 10", "! "+s.file+":", "110000 € de subvention dépassent 70 %")
	s.want(2, apply("--yes"), "--reason is missing")
	s.want(2, apply("--yes", "--reason", "voir a.martin@example.org"), "no e-mail address")
	s.want(0, apply("--yes", "--reason", "avenant n° 1"), "revision 1")

	// Both revisions stay readable.
	s.want(0, []string{"show", "atelier-nord"}, "revision 1", "avenant n° 1", "Grant (€): 110000", "Discovery events held – Companies")
	s.want(0, []string{"show", "atelier-nord", "--revision", "0"}, "revision 0", "Grant (€): 100000")
	s.want(1, []string{"show", "atelier-nord", "--revision", "7"}, "no agreement")
	s.want(1, []string{"show", "atelier-nord", "--as-of", "2026-01-02"}, "no agreement") // it was signed just now
	s.want(0, []string{"history", "atelier-nord"}, "revision 0", "revision 1", "~ Grant (€): 100000 → 110000", "by vitrine-agreement")
	s.want(0, []string{"list"}, "atelier-nord", "AFN-2026-001", "110,000")
	s.want(1, []string{"show", "atelier-sud"}, "has no agreement in force")
	s.want(2, []string{"show", "Atelier"}, "short name")

	// What is shown as YAML is a file that changes nothing.
	_, out, _ := s.run("show", "atelier-nord", "--format", "yaml")
	s.write(out)
	s.want(0, apply("--yes"), "nothing changes")
	if n := len(s.versions()); n != 2 {
		t.Errorf("%d versions, want 2", n)
	}

	// Another number is another agreement; it is said that the lab has one.
	s.change("agreement: AFN-2026-001", "agreement: AFN-2026-002")
	s.want(0, apply("--dry-run"), "new, from", "! atelier-nord already has agreement AFN-2026-001")
}

func TestAnAgreementThatCantBeSigned(t *testing.T) {
	s := newSigning(t)
	s.change("lab: atelier-nord", "lab: atelier-sud")
	s.want(1, []string{"apply", s.file, "--yes"}, "atelier-sud isn't registered: vitrine lab add atelier-sud")
	s.change("lab: atelier-sud", "lab: atelier-nord")
	s.change("grant: 100000", "grnat: 100 000")
	s.change("indicator: U01", "indicator: U0l")
	s.want(1, []string{"apply", s.file, "--yes", "--lang", "fr"}, ":11:1: grnat : champ inconnu", "vouliez-vous dire grant ?", "vouliez-vous dire U01 ?", "2 erreurs, rien n'est signé")
	s.want(1, []string{"apply", filepath.Join(t.TempDir(), "none.yaml")}, "none.yaml")
	s.want(2, []string{"template", "--months", "30"}, "--months")
	s.want(2, []string{"template", "--start", "1/1/2026"}, "--start")
	s.want(2, []string{"show", "atelier-nord", "--format", "xml"}, "--format")
}

// Two managers amend at once: the second is told, and overwrites nothing.
func TestAnAmendmentLosesToWhoeverWasFirst(t *testing.T) {
	s := newSigning(t)
	raw, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	catalogue := schemas.DefaultCatalogue()
	js := testkit.JetStream(t, s.url)
	plan := func(text string) *agreement.Plan {
		f, err := agreement.Read("f", []byte(text), catalogue, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		p, err := agreement.Prepare(t.Context(), js, f, catalogue, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mine := plan(string(raw))
	theirs := plan(strings.Replace(string(raw), "grant: 100000", "grant: 90000", 1))
	if _, err := theirs.Sign(t.Context(), s.publisher, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	var moved *producers.MovedError
	if _, err := mine.Sign(t.Context(), s.publisher, "", time.Now()); !errors.As(err, &moved) {
		t.Errorf("the second signed over the first: %v", err)
	}
	again := plan(string(raw))
	if _, err := again.Sign(t.Context(), s.publisher, " ", time.Now()); !errors.Is(err, agreement.ErrNoReason) {
		t.Errorf("amended without a reason: %v", err)
	}
	e, err := again.Event("avenant n° 1", time.Now())
	if err != nil || e.Revision != 1 || e.ID != schemas.RecordID("atelier-nord", "agreement", "AFN-2026-001") || e.Time.Format(time.DateOnly) != "2026-01-01" {
		t.Errorf("%+v, %v", e, err)
	}
	// An event doesn't lie in the future, whenever the agreement begins.
	early := time.Date(2025, 12, 20, 10, 0, 0, 0, time.UTC)
	if e, err := again.Event("x", early); err != nil || !e.Time.Equal(early) {
		t.Errorf("signed before it begins: %v, %v", e.Time, err)
	}
	if n := len(s.versions()); n != 1 {
		t.Errorf("%d versions, want 1", n)
	}
}
