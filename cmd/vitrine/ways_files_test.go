package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"vitrine/producers/importers/spreadsheet"
	"vitrine/schemas"
)

// sendByWorkbook fills in the template that the form offers, and uploads it.
func sendByWorkbook(t *testing.T, r *running, w *wayIn) {
	var empty bytes.Buffer
	kinds := []string{"machine.usage", "training.held", "discovery.held", "company.service.delivered"}
	if err := spreadsheet.Template(&empty, kinds, schemas.French); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&empty)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	fill := func(kind string, rows ...map[string]string) {
		t.Helper()
		sheet, columns := sheetOf(t, book, kind)
		for i, row := range rows {
			for key, value := range row {
				if columns[key] == "" {
					t.Fatalf("the template of %s has no column %s: %v", kind, key, columns)
				}
				if err := book.SetCellStr(sheet, fmt.Sprintf("%s%d", columns[key], 3+i), value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	usage := func(day, from, to string) map[string]string {
		return map[string]string{"date": day, "start": from, "end": to, "machine": "laser", "machine_category": "Découpeuse laser", "origin": "Mesurée"}
	}
	fill("machine.usage", usage("02/03/2026", "14:00", "16:30"), usage("03/03/2026", "9h", "10h"))
	fill("training.held", map[string]string{"date": "04/03/2026", "start": "14:00", "end": "17:00", "topic": "Formation Laser / Vinyle", "audience": "Grand public", "attendees": "2"})
	fill("discovery.held", map[string]string{"date": "05/03/2026", "start": "18:00", "end": "22:00", "type": "open_lab", "audience": "Grand public", "attendance": "23"})
	fill("company.service.delivered", map[string]string{"date": "06/03/2026", "service_type": "Prototypage", "companies.siren": "732829320"})
	var filled bytes.Buffer
	if err := book.Write(&filled); err != nil {
		t.Fatal(err)
	}
	r.post(t, "/v1/imports", w.token, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", filled.Bytes(), `"rows":5,"accepted":5,"rejected":[]`)
}

// sheetOf finds a kind's sheet by its columns' keys, which stand in the hidden first row.
func sheetOf(t *testing.T, book *excelize.File, kind string) (name string, columns map[string]string) {
	t.Helper()
	k, _ := schemas.KindByName(kind)
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, k.Title.FR[:12]) || len(rows) == 0 {
			continue
		}
		columns = map[string]string{}
		for i, key := range rows[0] {
			letter, err := excelize.ColumnNumberToName(i + 1)
			if err != nil {
				t.Fatal(err)
			}
			columns[key] = letter
		}
		return name, columns
	}
	t.Fatalf("no sheet of %s in %v", kind, book.GetSheetList())
	return "", nil
}

// fabManagerLists are what a Fab-manager of the same week answers.
func fabManagerLists() map[string]string {
	const user = `"user_id":101,"user":{"id":101,"full_name":"Alex Exemple","email":"alex@example.org","invoicing_profile_id":9101,"organization":false,"group":{"id":1,"name":"standard","slug":"standard"}}`
	const stamps = `"created_at":"2026-03-01T10:00:00.000+01:00","updated_at":"2026-03-01T10:00:00.000+01:00"`
	machine := func(id int, from, to string) string {
		return fmt.Sprintf(`{"id":%d,"reservable_id":1,"reservable_type":"Machine",%s,%s,"reservable":{"id":1,"name":"Découpeuse laser","slug":"decoupeuse-laser",%s},"reserved_slots":[{"canceled_at":null,"availability_id":%d,"start_at":"%s","end_at":"%s"}]}`,
			id, stamps, user, stamps, id, from, to)
	}
	training := func(id, person int) string {
		return fmt.Sprintf(`{"id":%d,"reservable_id":2,"reservable_type":"Training",%s,%s,"reservable":{"id":2,"name":"Formation Laser / Vinyle","slug":"formation-laser-vinyle",%s},"reserved_slots":[{"canceled_at":null,"availability_id":77,"start_at":"2026-03-04T14:00:00.000+01:00","end_at":"2026-03-04T17:00:00.000+01:00"}]}`,
			id, stamps, strings.ReplaceAll(user, "101", fmt.Sprint(person)), stamps)
	}
	validation := func(id, person int) string {
		return fmt.Sprintf(`{"id":%d,"training_id":2,"created_at":"2026-03-04T17:05:00.000+01:00","updated_at":"2026-03-04T17:05:00.000+01:00",%s,"training":{"id":2,"name":"Formation Laser / Vinyle","slug":"formation-laser-vinyle",%s}}`,
			id, strings.ReplaceAll(user, "101", fmt.Sprint(person)), stamps)
	}
	return map[string]string{
		"reservations": `{"reservations":[` + strings.Join([]string{training(4, 102), training(3, 101),
			machine(2, "2026-03-03T09:00:00.000+01:00", "2026-03-03T10:00:00.000+01:00"), machine(1, "2026-03-02T14:00:00.000+01:00", "2026-03-02T16:30:00.000+01:00")}, ",") + `]}`,
		"user_trainings": `{"user_trainings":[` + validation(701, 102) + "," + validation(700, 101) + `]}`,
		"trainings":      `{"trainings":[{"id":2,"name":"Formation Laser / Vinyle","slug":"formation-laser-vinyle","disabled":null,` + stamps + `,"nb_total_places":6,"description":null}]}`,
		"events": `{"events":[{"id":300,"title":"OPEN LAB","description":"","` + stamps[1:] + `,"nb_total_places":30,"nb_free_places":7,"start_at":"2026-03-05T18:00:00.000+01:00","end_at":"2026-03-05T22:00:00.000+01:00",` +
			`"category":"Openlab","themes":[],"age_range":null,"prices":{},"url":"https://lab.example.org/#!/events/300"}]}`,
		"subscriptions": `{"subscriptions":[]}`, "plans": `{"plans":[]}`, "accounting": `{"lines":[],"status":"built"}`, "availabilities": `{"availabilities":[]}`, "machines": `{"machines":[]}`,
	}
}

func sendByFabManager(t *testing.T, r *running, w *wayIn) {
	lists := fabManagerLists()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		body, known := lists[strings.TrimPrefix(request.URL.Path, "/open_api/v1/")]
		switch {
		case request.Header.Get("Authorization") != "Token token=the-token":
			out.WriteHeader(http.StatusUnauthorized)
		case !known:
			out.WriteHeader(http.StatusNotFound)
		default:
			fmt.Fprint(out, body)
		}
	}))
	defer server.Close()
	status, out, errs := command(t, "", r.nats, "import", "fabmanager", "--lab", w.lab, "--url", server.URL, "--token-file", write(t, "token", "the-token\n"),
		"--since", "2026-03-01", "--until", "2026-03-08", "--nats-creds", w.creds)
	if status != 0 || !strings.Contains(out, "accepted 4, refused 0") {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
}

// fabmanServer is a Fabman with one machine and these entries in its log.
func fabmanServer(t *testing.T, logs ...string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		switch path.Base(request.URL.Path) {
		case "resources":
			fmt.Fprint(out, `[{"id":245,"space":1,"name":"Laser","type":1,"state":"active","controlType":"machine","lockVersion":7}]`)
		case "resource-logs":
			fmt.Fprint(out, "["+strings.Join(logs, ",")+"]")
		default:
			out.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func fabmanLog(id int, from, to string) string {
	return fmt.Sprintf(`{"id":%d,"resource":245,"type":"allowed","member":2999,"stoppedAt":%s,"lockVersion":2,"createdAt":"%s","updatedAt":"%s","stopType":"normal","account":2084}`, id, to, from, from)
}

// sendByFabman asks a Fabman that also has a session which is still open.
func sendByFabman(t *testing.T, r *running, w *wayIn) {
	server := fabmanServer(t, fabmanLog(3, "2026-03-06T08:00:00.000Z", "null"), fabmanLog(2, "2026-03-03T08:00:00.000Z", `"2026-03-03T09:00:00.000Z"`),
		fabmanLog(1, "2026-03-02T13:00:00.000Z", `"2026-03-02T15:30:00.000Z"`))
	status, out, errs := command(t, "", r.nats, "import", "fabman", "--lab", w.lab, "--url", server.URL, "--token-file", write(t, "token", "the-token\n"),
		"--since", "2026-03-01", "--until", "2026-03-08", "--nats-creds", w.creds)
	if status != 0 || !strings.Contains(out, "accepted 2, refused 0") {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
}

func sendByCalendar(t *testing.T, r *running, w *wayIn) {
	agenda := filepath.Join(filepath.Dir(write(t, "agenda.ics", strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//exemple//agenda//FR
BEGIN:VEVENT
UID:openlab@lab.example.org
DTSTAMP:20260201T090000Z
DTSTART;TZID=Europe/Paris:20260305T180000
DTEND;TZID=Europe/Paris:20260305T220000
SUMMARY:Open Lab
DESCRIPTION:Participants : 23
CATEGORIES:decouverte,grand-public
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
UID:atelier@lab.example.org
DTSTAMP:20260201T090000Z
DTSTART;TZID=Europe/Paris:20260306T180000
DTEND;TZID=Europe/Paris:20260306T220000
SUMMARY:Atelier prévu\, pas confirmé
CATEGORIES:decouverte
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n"))), "agenda.ics")
	status, out, errs := command(t, "", r.nats, "import", "icalendar", "--lab", w.lab, "--file", agenda, "--nats-creds", w.creds)
	if status != 0 || !strings.Contains(out, "accepted 1, refused 0") {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
}
