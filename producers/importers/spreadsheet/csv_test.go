package spreadsheet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

const twoTrainings = "Activité;Date;Heure début;Heure fin;Thème;Public;Participants;Intitulé\n" +
	"Formation;12/03/2026;18h00;20h30;Robotique;Jeunes;8;Été à l’atelier\n" +
	"Formation;13/03/2026;18h;20 h;Sécurité atelier;Adhérents;5;Déjà vu, « bis »\n"

// TestDialects: the same two rows, as different programs write them, are the same two events.
func TestDialects(t *testing.T) {
	windows := func(text string) string { return encoded(t, charmap.Windows1252.NewEncoder().String, text) }
	for name, file := range map[string]string{
		"as it is":             twoTrainings,
		"byte order mark":      "\ufeff" + twoTrainings,
		"Windows line ends":    strings.ReplaceAll(twoTrainings, "\n", "\r\n"),
		"old Mac line ends":    strings.ReplaceAll(twoTrainings, "\n", "\r"),
		"no last line end":     strings.TrimSuffix(twoTrainings, "\n"),
		"tabs":                 strings.ReplaceAll(twoTrainings, ";", "\t"),
		"commas":               strings.ReplaceAll(strings.ReplaceAll(twoTrainings, "Déjà vu, « bis »", `"Déjà vu, « bis »"`), ";", ","),
		"quotes":               quoted(twoTrainings),
		"Windows-1252":         windows(twoTrainings),
		"Mac OS Roman":         encoded(t, charmap.Macintosh.NewEncoder().String, twoTrainings),
		"UTF-16, little":       encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String, strings.ReplaceAll(twoTrainings, ";", "\t")),
		"UTF-16, big":          encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String, twoTrainings),
		"sep= line":            "sep=;\r\n" + twoTrainings,
		"a title above":        "Activités du fab lab;;;;;;;\n;;;;;;;\n" + twoTrainings,
		"empty columns behind": strings.ReplaceAll(twoTrainings, "\n", ";;;\n"),
		"headers with stars":   strings.Replace(twoTrainings, "Date;Heure début", "DATE *;heure_debut *", 1),
		"English headers":      strings.Replace(twoTrainings, "Activité;Date;Heure début;Heure fin;Thème;Public;Participants;Intitulé", "Activity;Day;Start time;End time;Topic;Audience;Attendees;Title", 1),
		"keys":                 strings.Replace(twoTrainings, "Activité;Date;Heure début;Heure fin;Thème;Public;Participants;Intitulé", "kind;date;start;end;topic;audience;attendees;title", 1),
	} {
		a := read(t, config(), "export.csv", []byte(file))
		var got strings.Builder
		for _, e := range a.Events() {
			fmt.Fprintf(&got, "%s %s %s\n", e.ID, e.Time.Format("2006-01-02T15:04"), e.Data)
		}
		if want := `
8ab2 2026-03-12T18:00 {"attendees":8,"audience":"youth","end":"2026-03-12T20:30:00+01:00","title":"Été à l’atelier","topic":"robotics"}
8ab2 2026-03-13T18:00 {"attendees":5,"audience":"members","end":"2026-03-13T20:00:00+01:00","title":"Déjà vu, « bis »","topic":"safety"}
`; got.String() != ids(want) || a.Bad() != 0 {
			t.Errorf("%s:\n%s\n%s", name, got.String(), report(a, schemas.English))
		}
	}
}

// ids puts the ids of the two rows into what is wanted: they are part of the contract, since another id would count twice.
func ids(want string) string {
	for _, key := range []string{"2026-03-12T18:00:00\x00topic=robotics", "2026-03-13T18:00:00\x00topic=safety"} {
		want = strings.Replace(want, "8ab2", schemas.RecordID("atelier-nord", "tableur", "row\x00training.held\x00"+key+"\x001").String(), 1)
	}
	return strings.TrimPrefix(want, "\n")
}

func encoded(t *testing.T, encode func(string) (string, error), text string) string {
	t.Helper()
	s, err := encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func quoted(text string) string {
	var rows []string
	for row := range strings.Lines(text) {
		rows = append(rows, `"`+strings.ReplaceAll(strings.TrimSuffix(row, "\n"), ";", `";"`)+`"`)
	}
	return strings.Join(rows, "\n")
}

// TestRowNumbers: rows are numbered as a spreadsheet shows them, whatever blank lines and line breaks there are.
func TestRowNumbers(t *testing.T) {
	a := read(t, config(), "x.csv", []byte("\n\nActivité;Date;Intitulé;Type;Public\n\n\"Découverte\";12/03/2026;\"Open\nLab\";;Jeunes\n\n\n;;;;\n"+
		"Découverte;30/02/2026;\"a \"\"b\"\"\n\nc\";Stage;Jeunes\nDécouverte;01/03/2026;5\" de bois;Stage;Jeunes\n;;;;\nDécouverte;;;;\n"))
	compare(t, report(a, schemas.French), `
ligne 5
  discovery.held 2026-03-12T12:00:00+01:00 {"audience":"youth","title":"Open\nLab","type":"open_lab"}
  ~ Type : « Open Lab / soirée portes ouvertes », d'après « Intitulé »
ligne 9
  ! B9 Date : format incorrect (reçu "30/02/2026" ; attendu : un jour qui existe, écrit jj/mm/aaaa)
ligne 10
  discovery.held 2026-03-01T12:00:00+01:00 {"audience":"youth","title":"5\" de bois","type":"holiday_camp"}
ligne 12
  ! B12 Date : champ absent (attendu : une date jj/mm/aaaa, par exemple 12/03/2026)
  ! D12 Type : champ absent (attendu : une des valeurs Open Lab / soirée portes ouvertes, Journée portes ouvertes, Atelier découverte / initiation, Stage, Matinale / visite entreprises, Visite scolaire / étudiante, Hors les murs: salon, Fête de la science, Maker Faire, Hackathon / marathon créatif, Repair café, Conférence / table ronde, Visite de délégation / pairs)
  ! E12 Public : champ absent (attendu : une des valeurs Grand public, Entreprises, Jeunes, Scolaires et étudiants, Institutions et collectivités, Adhérents, Publics mélangés)
`)
}

// A decimal comma that isn't quoted puts what follows into the wrong columns: such a row is refused, not read on.
func TestADecimalCommaThatIsntQuoted(t *testing.T) {
	const header = "Activité,Date,Heure début,Heure fin,Thème,Public,Participants,Intitulé\n"
	a := read(t, config(), "x.csv", []byte(header+
		"Formation,12/03/2026,18h00,20h30,Robotique,Jeunes,1,234,Été\n"+
		"Formation,12/03/2026,18h00,20h30,Robotique,Jeunes,8,Été,\n"+
		"Formation,13/03/2026,18h00,20h30,Robotique,Jeunes,8,\"Été, hiver\",,\n"))
	compare(t, report(a, schemas.French), `
ligne 2
  !  format incorrect (reçu 9 ; attendu : 8 cellules, autant que de titres ; ce qui contient une virgule, comme 12,5, s'écrit entre guillemets, et chaque colonne a un titre)
ligne 3
  training.held 2026-03-12T18:00:00+01:00 {"attendees":8,"audience":"youth","end":"2026-03-12T20:30:00+01:00","title":"Été","topic":"robotics"}
ligne 4
  training.held 2026-03-13T18:00:00+01:00 {"attendees":8,"audience":"youth","end":"2026-03-13T20:30:00+01:00","title":"Été, hiver","topic":"robotics"}
- colonne « I » : colonne sans titre, non reprise (1 valeur)
`)
	// A column that the header row leaves without a title is no such thing.
	a = read(t, config(), "x.csv", []byte(strings.Replace(header, "\n", ",\n", 1)+"Formation,12/03/2026,18h00,20h30,Robotique,Jeunes,8,Été,remarque\n"))
	if len(a.Events()) != 1 || a.Bad() != 0 {
		t.Error(report(a, schemas.English))
	}
}

// What came without a name is told of without one.
func TestAnUnreadableFileWithoutAName(t *testing.T) {
	if _, err := spreadsheet.Read(context.Background(), config(), "", strings.NewReader("")); err == nil || err.Error() != "the file is empty" {
		t.Error(err)
	}
}

// TestUnreadableFiles: each is refused as a whole, in a sentence.
func TestUnreadableFiles(t *testing.T) {
	wide := "Date;Participants" + strings.Repeat(";x", spreadsheet.MaxColumns)
	for _, c := range []struct {
		file, fr, en string
	}{
		{"", "export.csv : le fichier est vide", "export.csv: the file is empty"},
		{" \n\n", "export.csv : le fichier est vide", "export.csv: the file is empty"},
		{"\x89PNG\r\n\x1a\n\x00\x00", "export.csv : ce n'est ni un classeur .xlsx ni un fichier .csv lisible. Enregistrez-le en .xlsx dans votre tableur",
			"export.csv: this is neither an .xlsx workbook nor a readable .csv file. Save it as .xlsx in your spreadsheet program"},
		{"%PDF-1.7\n1 0 obj\n", "export.csv : ce n'est ni un classeur .xlsx ni un fichier .csv lisible. Enregistrez-le en .xlsx dans votre tableur",
			"export.csv: this is neither an .xlsx workbook nor a readable .csv file. Save it as .xlsx in your spreadsheet program"},
		{"\ufeff <!DOCTYPE html>\n<html><table><tr><td>Date</td><td>Participants</td></tr></table>", "export.csv : ce n'est ni un classeur .xlsx ni un fichier .csv lisible. Enregistrez-le en .xlsx dans votre tableur",
			"export.csv: this is neither an .xlsx workbook nor a readable .csv file. Save it as .xlsx in your spreadsheet program"},
		{"PK\x03\x04" + strings.Repeat("\x00", 26) + "mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK",
			"export.csv : fichier LibreOffice ou OpenOffice (.ods) : enregistrez-le au format Excel (.xlsx), menu « Fichier », « Enregistrer sous »",
			"export.csv: a file of LibreOffice or OpenOffice (.ods): save it in Excel's format (.xlsx), menu “File”, “Save as”"},
		{"PK\x03\x04 but no workbook", "export.csv : ce n'est ni un classeur .xlsx ni un fichier .csv lisible. Enregistrez-le en .xlsx dans votre tableur",
			"export.csv: this is neither an .xlsx workbook nor a readable .csv file. Save it as .xlsx in your spreadsheet program"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 1000), "export.csv : classeur d'un ancien format (.xls) ou protégé par un mot de passe : enregistrez-le en .xlsx sans mot de passe",
			"export.csv: a workbook of an old format (.xls) or protected by a password: save it as .xlsx without a password"},
		{"Date;Participants\n12/03/2026;5\n13/03/2026;\"6\n14/03/2026;7\n", `export.csv : la ligne 3 ouvre un guillemet (") qui n'est pas fermé`, `export.csv: row 3 opens a quote (") that isn't closed`},
		{"a;b\n1;2\n", "export.csv : aucune ligne de titres reconnue (par exemple Date, Heure début, Intitulé) : partez d'un modèle",
			"export.csv: no row of headers was recognised (such as Date, Start time, Title): begin with a template"},
		{wide, "export.csv : ligne 1 : plus de 200 colonnes", "export.csv: row 1: more than 200 columns"},
		{"Date;Participants" + strings.Repeat("\n", spreadsheet.MaxRows) + "12/03/2026;5", "export.csv : plus de 100000 lignes : découpez le fichier en plusieurs", "export.csv: more than 100000 rows: split the file"},
		{strings.Repeat("x", spreadsheet.MaxBytes+1), "export.csv : plus de 20 Mio : découpez le fichier en plusieurs", "export.csv: more than 20 MiB: split the file"},
	} {
		_, err := spreadsheet.Read(context.Background(), config(), "C:/dossier/export.csv", strings.NewReader(c.file))
		var refused *spreadsheet.FileError
		if !errors.As(err, &refused) {
			t.Errorf("%.40q: %v", c.file, err)
		} else if refused.In(schemas.French) != c.fr || refused.Error() != c.en {
			t.Errorf("%.40q: %s\n%s", c.file, refused.In(schemas.French), refused)
		}
	}
	if _, err := spreadsheet.Read(context.Background(), spreadsheet.Config{Lab: "Atelier Nord"}, "x.csv", &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "Lab") {
		t.Errorf("a lab's name is taken for its code: %v", err)
	}
	cfg := config()
	cfg.Kind = "lab.registered"
	var kind *spreadsheet.KindError
	if _, err := spreadsheet.Read(context.Background(), cfg, "x.csv", &bytes.Buffer{}); !errors.As(err, &kind) ||
		!strings.HasPrefix(kind.In(schemas.French), `type "lab.registered" inconnu : attendu un de training.held, `) {
		t.Errorf("a programme's kind: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := spreadsheet.Read(ctx, config(), "x.csv", strings.NewReader(twoTrainings)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading gives %v", err)
	}
}
