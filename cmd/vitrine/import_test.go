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
	"vitrine/producers/connectors"
	"vitrine/schemas"
)

const samplePages = "../../producers/importers/fabmanager/testdata/pages"

func TestImportFabmanager(t *testing.T) {
	url, _ := natsWithStreams(t)
	salt := filepath.Join(t.TempDir(), "sub", "salt")
	args := []string{"import", "fabmanager", "--lab", "atelier-nord", "--dir", samplePages, "--since", "2026-03", "--until", "2026-03-31", "--salt-file", salt}
	status, out, errs := command(t, "", url, args...)
	if status != 0 || out != "accepted 13, refused 0\n" || !strings.Contains(errs, "Keep it") {
		t.Fatalf("exit status %d, %q, %q", status, out, errs)
	}
	if info, err := os.Stat(salt); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	if status, out, errs = command(t, "", url, args...); status != 0 || errs != "dates and times: zone Europe/Paris, the programme's (the lab isn't registered)\n" {
		t.Fatalf("again: exit status %d, %q, %q", status, out, errs)
	}
	js := testkit.JetStream(t, url)
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= 13; seq++ {
		a, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		b, err := stream.GetMsg(t.Context(), seq+13)
		if err != nil {
			t.Fatal(err)
		}
		if string(a.Data) != string(b.Data) {
			t.Errorf("the second import changes\n%s to\n%s", a.Data, b.Data)
		}
	}
}

func TestImportDryRunSendsNothing(t *testing.T) {
	status, out, errs := command(t, "", "nats://127.0.0.1:1", "import", "fabmanager", "--lab", "atelier-nord", "--dir", samplePages, "--dry-run", "--lang", "fr")
	if status != 0 || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "dates et heures : fuseau Europe/Paris, celui du programme, car : NATS ") {
		t.Fatalf("exit status %d, %q", status, errs)
	}
	for _, want := range []string{"date ", "2026-03-28 22:00 +01:00  machine.usage", "machine=imprimante-3d", "annule l'événement", "own_revenue=115", "rien n'a été envoyé"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q isn't in:\n%s", want, out)
		}
	}
}

// TestImportReadsTheLabsZone: a file's hours are those of the zone that the lab is registered with, as they are on the form; where that can't
// be read, it is said which are taken.
func TestImportReadsTheLabsZone(t *testing.T) {
	f := newFortress(t, false)
	own, service := filepath.Join(t.TempDir(), "l.creds"), filepath.Join(f.dir, "keys", "service.creds")
	if status, _, errs := f.labCommand(t, "add", "atelier-run", "--name", "Atelier Run", "--commune", "Saint-Denis", "--zone", "Indian/Reunion", "--creds-out", own); status != 0 {
		t.Fatal(errs)
	}
	file := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(file, []byte("Activité;Date;Début;Type;Public;Participants\nDécouverte;31/03/2026;22h00;Stage;Jeunes;8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stream, err := f.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args       []string
		time, told string
	}{
		{[]string{"--nats-creds", service}, "2026-03-31T22:00:00+04:00", "zone Indian/Reunion, with which the lab is registered"},
		{[]string{"--nats-creds", service, "--since", "2026-03-31", "--until", "2026-03-31"}, "2026-03-31T22:00:00+04:00", "zone Indian/Reunion, with which the lab is registered"},
		{[]string{"--nats-creds", own}, "2026-03-31T22:00:00+02:00", "zone Europe/Paris, the programme's (these credentials don't show the lab's; if it has another, give it by --zone)"},
		{[]string{"--nats-creds", own, "--zone", "Indian/Reunion"}, "2026-03-31T22:00:00+04:00", "zone Indian/Reunion, given by --zone"},
		{[]string{"--nats-creds", service, "--zone", "Europe/Paris"}, "2026-03-31T22:00:00+02:00", "zone Europe/Paris, given by --zone"},
	} {
		status, out, errs := command(t, "", f.url, append([]string{"import", "spreadsheet", "--lab", "atelier-run", "--file", file}, c.args...)...)
		if status != 0 || !strings.Contains(errs, "dates and times: "+c.told) {
			t.Errorf("%v: exit status %d, %q, %q", c.args, status, out, errs)
		}
		m, err := stream.GetLastMsgForSubject(t.Context(), schemas.Subject("atelier-run", "discovery.held"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(m.Data), c.time) {
			t.Errorf("%v: sent %s, want %s", c.args, m.Data, c.time)
		}
	}
}

// TestImportFromAService: without --since a service is asked for what there is since the previous month, also one whose address need
// not be told.
func TestImportFromAService(t *testing.T) {
	yesterday := time.Now().Add(-24 * time.Hour)
	log := func(id int, start time.Time) string {
		return fmt.Sprintf(`{"id":%d,"resource":1,"type":"allowed","lockVersion":1,"createdAt":%q,"stoppedAt":%q}`, id,
			start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339))
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "2")
		if strings.HasSuffix(r.URL.Path, "resources") {
			w.Header().Set("X-Total-Count", "1")
			fmt.Fprint(w, `[{"id":1,"name":"Laser","controlType":"machine"}]`)
			return
		}
		fmt.Fprintf(w, "[%s,%s]", log(2, yesterday), log(1, yesterday.AddDate(-1, 0, 0)))
	}))
	defer service.Close()
	t.Setenv("HOME", t.TempDir())
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("t0k3n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := command(t, "", "nats://127.0.0.1:1", "import", "fabman", "--lab", "a", "--url", service.URL, "--token-file", token, "--dry-run")
	if status != 0 || !strings.Contains(out, "to send: 1 ") {
		t.Errorf("exit status %d, %q, %q", status, out, errs)
	}
}

// TestImportCountsRows: a row with two mistakes is one row.
func TestImportCountsRows(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(file, []byte("Date;Type;Public;Participants\n31/02/2026;Stage;Jeunes;beaucoup\n12/03/2026;Stage;Tous;8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errs := command(t, "", "nats://127.0.0.1:1", "import", "spreadsheet", "--lab", "a", "--file", file, "--kind", "discovery.held", "--dry-run")
	if status != 1 || strings.Count(errs, "x.csv, row 2") != 2 || !strings.HasSuffix(errs, "unusable records: 2\n") {
		t.Errorf("exit status %d, %q", status, errs)
	}
}

func TestImportHelpIsInFrenchToo(t *testing.T) {
	for _, c := range connectors.All() {
		status, out, _ := command(t, "", "nats://127.0.0.1:1", "import", c.Name, "--help")
		for _, s := range c.Settings {
			if status != 0 || !strings.Contains(out, s.Help.FR) || !strings.Contains(out, s.Help.EN) {
				t.Errorf("%s: exit status %d, %q isn't explained in:\n%s", c.Name, status, s.Name, out)
			}
		}
	}
}

func TestImportIsUsedWrongly(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(t.TempDir(), "taken.xlsx")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"import"}, 2, "which command"},
		{[]string{"import", "fabmanger"}, 2, "expected one of fabman, fabmanager"},
		{[]string{"import", "fabmanager", "--dir", samplePages}, 2, "expected the lab's code"},
		{[]string{"template", "--lang", "fr", "--out", filepath.Join(dir, "none", "x.xlsx")}, 1, "ce fichier ou dossier n'existe pas"},
		{[]string{"template", "--lang", "fr", "--out", taken}, 1, "taken.xlsx : ce fichier existe déjà"},
		{[]string{"import", "fabman", "--lab", "a", "--token-file", filepath.Join(dir, "none"), "--lang", "fr"}, 2, "ce fichier ou dossier n'existe pas"},
		{[]string{"import", "fabman", "--lab", "Atelier Nord", "--lang", "fr"}, 2, "attendu le code du fab lab"},
		{[]string{"import", "fabmanager", "--lab", "a"}, 2, "one of them is wanted"},
		{[]string{"import", "fabmanager", "--lab", "a", "--url", "https://fabmanager.example.org"}, 2, "setting token: empty"},
		{[]string{"import", "fabmanager", "--lab", "a", "--dir", filepath.Join(dir, "none")}, 2, "folder"},
		{[]string{"import", "fabmanager", "--lab", "a", "--dir", samplePages, "--since", "hier"}, 2, "expected a day or a month"},
		{[]string{"import", "fabmanager", "--lab", "a", "--dir", samplePages, "--since", "2026-03", "--until", "2026-02"}, 2, "is before"},
		{[]string{"import", "fabmanager", "--lab", "a", "--dir", dir, "--dry-run"}, 1, "no saved page"},
	} {
		if status, out, errs := command(t, "", "nats://127.0.0.1:1", c.args...); status != c.status || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit status %d, %q, %q", c.args, status, out, errs)
		}
	}
}
