package spreadsheet_test

import (
	"strings"
	"testing"

	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

func analysed(t *testing.T, file string) *spreadsheet.Analysis {
	t.Helper()
	return read(t, config(), "x.csv", []byte(file))
}

// TestPersonalColumns: what may hold personal data isn't read, and nothing of it is in any message.
func TestPersonalColumns(t *testing.T) {
	a := analysed(t, "Activité;Date;Nom;Prénom du participant;E-mail;Tél.;N° adhérent;Animateur;Thème;Public;Inscrits;Intitulé;Référence\n"+
		"Formation annulée;12/03/2026;Martin;Zoé;zoe@example.org;01 23 45 67 89;42;Léa;Robotique;Jeunes;zoe;Écrire à zoe@example.org;zoe@example.org\n")
	got := report(a, schemas.French)
	compare(t, got, `
ligne 2
  ! M2 Référence : donnée personnelle refusée (attendu : un numéro ou un code à vous, différent pour chaque ligne et jamais repris)
  ! K2 Inscrits : format incorrect (reçu "zoe" ; attendu : un entier de 0 à 2000)
- colonne « Nom » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « Prénom du participant » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « E-mail » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « Tél. » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « N° adhérent » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « Animateur » : peut contenir des données personnelles : refusée, son contenu n'est pas lu
- colonne « Intitulé » : non reprise : aucun champ n'a ce nom
`)
	title := report(analysed(t, "Activité;Date;Type;Public;Intitulé\nDécouverte;12/03/2026;Stage;Jeunes;Écrire à zoe@example.org\n"), schemas.French)
	compare(t, title, `
ligne 2
  ! E2 Intitulé : donnée personnelle refusée (attendu : aucune adresse électronique)
`)
	for _, secret := range []string{"Martin", "Zoé", "example.org", "23 45", "42", "Léa"} {
		if strings.Contains(got+report(a, schemas.English), secret) {
			t.Errorf("%q is repeated", secret)
		}
	}
}

// TestTimes: the ways to say when something began and ended.
func TestTimes(t *testing.T) {
	head := "Activité;Date;Heure début;Date de fin;Heure fin;Durée;Machine;Catégorie;Mesure\n"
	for _, c := range []struct{ row, want string }{
		{"12/03/2026;18h;;20h;", "2026-03-12T18:00:00+01:00 – 2026-03-12T20:00:00+01:00"},
		{"12/03/2026;22h;13/03/2026;6h;", "2026-03-12T22:00:00+01:00 – 2026-03-13T06:00:00+01:00"},
		{"12/03/2026 22:00;;;24h00;", "2026-03-12T22:00:00+01:00 – 2026-03-13T00:00:00+01:00"},
		{"12/03/2026;22h;;13/03/2026 06:00;", "2026-03-12T22:00:00+01:00 – 2026-03-13T06:00:00+01:00"},
		{"12/03/2026;22h;13/03/2026 6h;;", "2026-03-12T22:00:00+01:00 – 2026-03-13T06:00:00+01:00"},
		{"12/03/2026;18h;;;2h30", "2026-03-12T18:00:00+01:00 – 2026-03-12T20:30:00+01:00"},
		{"28/03/2026;22h;;;5 h", "2026-03-28T22:00:00+01:00 – 2026-03-29T04:00:00+02:00"},
		{"2026-03-12T18:00:00Z;;;20h;", "2026-03-12T19:00:00+01:00 – 2026-03-12T20:00:00+01:00"},
		{"12/03/2026;22h;;6h;", `E2 Heure fin: inconsistent (found "6h"; expected an end after the start, or the day of the end in “End date”)`},
		{"12/03/2026;18h;;;", "E2 Heure fin: missing (expected a time, such as 18:00)"},
		{"12/03/2026;;;20h;", "C2 Heure début: missing (expected a time, such as 18:00)"},
		{"12/03/2026;18h;13/03/2026;;", "E2 Heure fin: missing (expected a time, such as 18:00)"},
		{"12/03/2026 18:00;19h;;20h;", `C2 Heure début: inconsistent (found "19h"; expected the same time as in the date)`},
		{"12/03/2026;25h;;27h;", `C2 Heure début: wrong format (found "25h"; expected a time from 0:00 to 24:00, such as 18:00)` + "\n" +
			`E2 Heure fin: wrong format (found "27h"; expected a time from 0:00 to 24:00, such as 18:00)`},
		{"12/03/2026;13/03/2026 18:00;;20h;", `C2 Heure début: inconsistent (found "13/03/2026 18:00"; expected the same day as in the date)`},
		{"29/03/2026;02:30;;04:00;", `C2 Heure début: value not allowed (found "2026-03-29 02:30"; expected a time that exists: clocks go forward that night)`},
		{"12/03/2026;18h;;;longtemps", `F2 Durée: wrong format (found "longtemps"; expected a duration, such as 2h30 or 90 min)`},
		{"12/03/2026;18h;31/02/2026;20h;", `D2 Date de fin: wrong format (found "31/02/2026"; expected a day that exists, written dd/mm/yyyy)`},
		{"12/03/2026;18h;30/03/2026;20h;", `E2 Heure fin: implausible value (found "2026-03-30T20:00:00+02:00"; expected at most 7 days after the start)`},
		{"12/03/1926;18h;;20h;", `B2 Date: implausible value (found "12/03/1926"; expected a date from 1970 to 2148)`},
		{"12/05/2026;18h;;20h;", `B2 Date: in the future (found "2026-05-12T18:00:00+02:00"; expected at most 24 h from now (2026-04-15T08:00:00Z))`},
	} {
		r := analysed(t, head+"Heures machine;"+c.row+";laser-1;Découpeuse laser;déclarée\n").Rows[0]
		var got []string
		if r.Event != nil {
			got = append(got, r.Event.Time.Format("2006-01-02T15:04:05Z07:00")+" – "+r.Event.Values.Code("end"))
		}
		for _, p := range r.Problems {
			got = append(got, p.Cell+" "+p.In(schemas.English))
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%s\n%s\nwant\n%s", c.row, s, c.want)
		}
	}
}

// TestCompanies: the ways to name companies and partners in a cell.
func TestCompanies(t *testing.T) {
	head := "Activité;Date;Type de service;SIREN;SIRET;Code entreprise;Taille\nPrestation;12/03/2026;Prototypage;"
	for _, c := range []struct{ row, want string }{
		{`732 829 320;;;`, `[{"siren":"732829320"}]`},
		{`"732829320, 552 100 554/443061841";;;`, `[{"siren":"732829320"},{"siren":"552100554"},{"siren":"443061841"}]`},
		{`"732829320;` + "\n" + `73282932000074";;bois-1;"PME;;microentreprise"`, `[{"siren":"732829320","size":"pme"},{"siret":"73282932000074"},{"ref":"bois-1","size":"micro"}]`},
		{`;;;PME`, "D2 SIREN: missing (expected a SIREN: 9 digits with a right Luhn sum)"},
		{`"732829320;552100554";;;PME`, "G2 Taille: inconsistent (found 1; expected as many values as items (2), with semicolons between them, blank where there is none)"},
		{`732829321;;;`, `D2 SIREN: wrong format (found "732829321"; expected a SIREN: 9 digits with a right Luhn sum)`},
		{`SARL Bois;;;`, `D2 SIREN: wrong format (found "SARL Bois"; expected a SIREN: 9 digits with a right Luhn sum)`},
		{`;73282932000075;c'est un code;`, `E2 SIRET: wrong format (found "73282932000075"; expected a SIRET: 14 digits with a right Luhn sum)` + "\n" +
			`F2 Code entreprise: wrong format (found "c'est un code"; expected a code of letters, digits and . _ : / -, at most 80)`},
	} {
		r := analysed(t, head+c.row+"\n").Rows[0]
		var got []string
		if r.Event != nil {
			_, companies, _ := strings.Cut(string(r.Event.Data), `"companies":`)
			companies, _, _ = strings.Cut(companies, `,"service_type"`)
			got = append(got, companies)
		}
		for _, p := range r.Problems {
			got = append(got, p.Cell+" "+p.In(schemas.English))
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%s\n%s\nwant\n%s", c.row, s, c.want)
		}
	}
	a := analysed(t, "Activité;Date;Action;Partenaires\nAction partenariale;12/03/2026;Stage;CCI, lycée\nAction partenariale;13/03/2026;Stage;École / lycée / collège\nAction partenariale;14/03/2026;Stage;CCI, Dupont\n")
	compare(t, report(a, schemas.English), `
row 2
  partnership.activity 2026-03-12T12:00:00+01:00 {"action":"internship","partners":[{"type":"chamber_commerce"},{"type":"school"}]}
row 3
  partnership.activity 2026-03-13T12:00:00+01:00 {"action":"internship","partners":[{"type":"school"}]}
row 4
  ! D4 Partenaires: value not allowed (found "CCI, Dupont"; expected one of School, University / higher education, Competitiveness cluster, Chamber of commerce and industry, Chamber of trades, Incubator, Local authority, Research organisation, Company, Professional network, Fab-lab network, Employment / training body, Non-profit, Other)
`)
}

// TestIdentity: which rows are the same event, and which aren't.
func TestIdentity(t *testing.T) {
	head := "Activité;Référence;Date;Type;Public;Participants;Intitulé\n"
	ids := func(file string) (ids []string) {
		for _, r := range analysed(t, head+file).Rows {
			ids = append(ids, r.ID.String())
		}
		return ids
	}
	first := ids("Découverte;;12/03/2026;Stage;Jeunes;8;a\nDécouverte;;12/03/2026;Stage;Jeunes;9;b\nDécouverte;;12/03/2026;Open Lab;Jeunes;9;b\n")
	if first[0] == first[1] || first[1] == first[2] {
		t.Errorf("different rows are one event: %v", first)
	}
	corrected := ids("Découverte;;12/03/2026;Stage;Grand public;10;c\nDécouverte;;12/03/2026;Stage;Jeunes;9;b\n")
	if corrected[0] != first[0] || corrected[1] != first[1] {
		t.Errorf("a corrected row is another event: %v, %v", first, corrected)
	}
	referred := ids("Découverte;7;12/03/2026;Stage;Jeunes;8;a\nFormation annulée;7;12/03/2026;;;;Robotique\n")
	moved := ids("Découverte;7;13/03/2026;Open Lab;Jeunes;8;a\n")
	if referred[0] != moved[0] || referred[0] == referred[1] {
		t.Errorf("the reference doesn't say which event it is: %v, %v", referred, moved)
	}
	a := analysed(t, head+"Découverte;7;12/03/2026;Stage;Jeunes;8;a\nDécouverte;7;13/03/2026;Stage;Jeunes;8;a\nDécouverte;8;32/03/2026;Stage;Jeunes;8;a\n")
	compare(t, report(a, schemas.French), `
ligne 2
  discovery.held 2026-03-12T12:00:00+01:00 {"attendance":8,"audience":"youth","title":"a","type":"holiday_camp"}
ligne 3
  ! B3 Référence : champ en double (reçu "7" ; attendu : une référence par ligne ; celle-ci est déjà en B2)
ligne 4
  ! C4 Date : format incorrect (reçu "32/03/2026" ; attendu : un jour qui existe, écrit jj/mm/aaaa)
`)
	if a.Rows[2].ID.String() != ids("Découverte;8;12/03/2026;Stage;Jeunes;8;a\n")[0] {
		t.Error("a row with a mistake isn't known by its reference")
	}
}

// TestMapping: a file of the lab's own shape.
func TestMapping(t *testing.T) {
	m, err := spreadsheet.ParseMapping([]byte(`
kind: training.held
columns: {"Quand": date, "De": start, "À": end, "Nb pers.": attendees, "Nom": title, "Remarques": skip}
values: {audience: {"Tout public": general_public}, topic: {"Formation imprimante": machine_3d_printing}}
`))
	if err != nil {
		t.Fatal(err)
	}
	cfg := config()
	cfg.Mapping = m
	compare(t, report(read(t, cfg, "x.csv", []byte("Quand,De,À,Nb pers.,Nom,Remarques,Public,Thème,Autre\n12/03/2026,9h,12h,8,Été,Léa,tout public,formation imprimante,x\n")), schemas.French), `
ligne 2
  training.held 2026-03-12T09:00:00+01:00 {"attendees":8,"audience":"general_public","end":"2026-03-12T12:00:00+01:00","title":"Été","topic":"machine_3d_printing"}
- colonne « Autre » : non reprise : aucun champ n'a ce nom
`)
	// What it names and the file hasn't is said.
	cfg.Mapping.Sheets = map[string]string{"Ateliers": "training.held"}
	compare(t, report(read(t, cfg, "x.csv", []byte("QUAND,De,À,Personnes,Nom,Remarques,Public,Thème\n12/03/2026,9h,12h,8,Été,Léa,tout public,formation imprimante\n")), schemas.French), `
ligne 2
  !  Participants : champ absent (attendu : un entier de 0 à 2000)
- colonne « Personnes » : non reprise : aucun champ n'a ce nom
- colonne « Nb pers. » : la correspondance la nomme, et aucune colonne lue n'a ce titre
- feuille Ateliers : la correspondance la nomme, et aucune feuille du fichier n'a ce nom
`)
	_, err = spreadsheet.ParseMapping([]byte("kind: lab.registered\nsheets: {a: nonsense}\ncolumns: {b: nonsense, Prénom: title}\nvalues: {audience: {c: nonsense}, title: {d: e}}\n"))
	for _, want := range []string{`kind: "lab.registered" is not one of training.held, `, `sheets, "a": "nonsense" is not one of `, `columns, "b": "nonsense" is not one of `,
		`columns, "Prénom": a column that holds personal data can't be taken`, `values, "audience", "c": "nonsense" is not one of general_public, `, `values, "title": no column that holds codes`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the mapping's problems lack %q: %v", want, err)
		}
	}
	if _, err := spreadsheet.ParseMapping([]byte("colums: {}")); err == nil {
		t.Error("a section that isn't known is let through")
	}
}
