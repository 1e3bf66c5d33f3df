package icalendar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// maxConfirmations bounds the file of confirmations, in bytes.
const maxConfirmations = 4 << 20

// confirmation is a line of the lab's file: so many came to that instance.
type confirmation struct {
	origin string
	// uid or title says which entry it is; the title is folded.
	uid, title string
	// day is "2026-03-12", hour "18:00" or empty.
	day, hour         string
	people, companies *int64
}

// columns are the headers of a file of confirmations, folded, by what they hold.
func columns() map[string][]string {
	return map[string][]string{
		"uid":       {"uid"},
		"title":     {"titre", "title", "intitule", "summary"},
		"date":      {"date", "jour", "day"},
		"people":    {"participants", "presents", "attendance", "attendees"},
		"companies": {"entreprises", "dont entreprises", "companies", "of whom companies"},
	}
}

// parseConfirmations reads a CSV file with a header: uid or title, date, participants and, if it likes,
// companies. A line that can't be read leaves the others.
func parseConfirmations(raw []byte, origin string) (all []confirmation, errs []error, err error) {
	if len(raw) > maxConfirmations {
		return nil, nil, &rest.PageError{Origin: origin, What: schemas.Text{FR: "fichier de plus de 4 Mio", EN: "file of more than 4 MiB"}}
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	header, _, _ := bytes.Cut(raw, []byte("\n"))
	r.Comma = ','
	for _, sign := range []rune{';', '\t'} {
		if bytes.ContainsRune(header, sign) {
			r.Comma = sign
		}
	}
	names, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, unreadable(origin, 1)
	}
	at := map[string]int{}
	for i, name := range names {
		for column, words := range columns() {
			if slices.Contains(words, importers.Fold(name)) {
				at[column] = i
			}
		}
	}
	if _, date := at["date"]; !date || !has(at, "uid", "title") || !has(at, "people") {
		return nil, nil, &rest.PageError{Origin: origin + ":1", What: schemas.Text{
			FR: "colonnes attendues : uid (ou titre), date, participants et, facultative, entreprises", EN: "columns expected: uid (or title), date, participants and, if you like, companies"}}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, errs, nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return all, append(errs, unreadable(origin, line)), nil
		}
		field := func(column string) string {
			if i, given := at[column]; given && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if strings.TrimSpace(strings.Join(row, "")) == "" || field("people") == "" {
			continue // nobody has filled it in yet
		}
		c := confirmation{origin: fmt.Sprintf("%s:%d", origin, line), uid: field("uid"), title: importers.Fold(field("title")),
			people: number(field("people")), companies: number(field("companies"))}
		bad := func(column, fr, en string) {
			errs = append(errs, &importers.RecordError{Origin: c.origin, Field: column, What: schemas.Text{FR: fr, EN: en}})
		}
		var ok bool
		switch c.day, c.hour, ok = dayOf(field("date")); {
		case !ok:
			bad("date", "date illisible : attendu 12/03/2026 ou 2026-03-12, avec l'heure s'il y a plusieurs dates ce jour-là (12/03/2026 18:00)", "unreadable date: expected 2026-03-12 or 12/03/2026, with the hour where there are several on that day (2026-03-12 18:00)")
		case c.uid == "" && c.title == "":
			bad("uid", "il manque : uid ou titre de l'entrée", "missing: the entry's uid or title")
		case c.people == nil:
			bad("participants", "ce n'est pas un nombre de personnes : attendu un nombre entier", "not a number of people: expected a whole number")
		case c.companies == nil && field("companies") != "" || c.companies != nil && *c.companies > *c.people:
			bad("entreprises", "ce n'est pas un nombre de personnes, au plus celui des participants", "not a number of people, at most that of all who came")
		default:
			all = append(all, c)
		}
	}
}

func has(at map[string]int, any ...string) bool {
	return slices.ContainsFunc(any, func(column string) bool { _, given := at[column]; return given })
}

func unreadable(origin string, line int) error {
	return &importers.RecordError{Origin: fmt.Sprintf("%s:%d", origin, line), What: schemas.Text{
		FR: "ligne illisible ; la suite du fichier n'est pas lue", EN: "unreadable line; the rest of the file isn't read"}}
}

// dayOf reads a day as people write it, with or without an hour.
func dayOf(s string) (day, hour string, ok bool) {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "h", ":")
	for _, date := range []string{"2006-01-02", "02/01/2006", "2/1/2006", "02.01.2006"} {
		if t, err := time.Parse(date, s); err == nil {
			return t.Format(time.DateOnly), "", true
		}
		for _, clock := range []string{" 15:04", " 15:04:05", "T15:04", "T15:04:05"} {
			if t, err := time.Parse(date+clock, s); err == nil {
				return t.Format(time.DateOnly), t.Format("15:04"), true
			}
		}
	}
	return "", "", false
}

// confirm writes the file's numbers into the instances; they come before the calendar's. A line
// that fits no instance that is over, or several, is an error.
func confirm(all []*instance, lines []confirmation, lab *time.Location) (errs []error) {
	byBegin, byPlan := map[string][]*instance{}, map[string][]*instance{}
	for _, i := range all {
		byBegin[day(i.begin, lab)] = append(byBegin[day(i.begin, lab)], i)
		byPlan[day(i.planned, lab)] = append(byPlan[day(i.planned, lab)], i)
	}
	done := map[*instance]bool{}
	for _, c := range lines {
		fits := func(i *instance) bool {
			return !i.off && !i.deleted && (c.uid == "" || c.uid == i.uid) && (c.uid != "" || c.title == importers.Fold(i.title)) &&
				(c.hour == "" || c.hour == i.begin.In(lab).Format("15:04"))
		}
		found := only(byBegin[c.day], fits)
		if len(found) == 0 {
			found = only(byPlan[c.day], fits)
		}
		wrong := schemas.Text{}
		switch {
		case len(found) == 0:
			wrong = schemas.Text{FR: "aucune date de l'agenda, passée et non annulée, n'a cet uid ou ce titre ce jour-là", EN: "no entry of the calendar that is over and wasn't cancelled has this uid or title on that day"}
		case len(found) > 1:
			wrong = schemas.Text{FR: "plusieurs dates de l'agenda ont ce titre ce jour-là : ajoutez l'heure ou l'uid", EN: "several entries of the calendar have this title on that day: add the hour or the uid"}
		case done[found[0]]:
			wrong = schemas.Text{FR: "cette date est déjà confirmée plus haut dans le fichier", EN: "this one is confirmed further up in the file already"}
		}
		if wrong != (schemas.Text{}) {
			errs = append(errs, &importers.RecordError{Origin: c.origin, Record: c.day, What: wrong})
			continue
		}
		i := found[0]
		done[i] = true
		i.people, i.companies, i.unclear = c.people, c.companies, false
	}
	return errs
}

func only(all []*instance, fits func(*instance) bool) (found []*instance) {
	for _, i := range all {
		if fits(i) {
			found = append(found, i)
		}
	}
	return found
}
