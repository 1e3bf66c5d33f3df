package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// lines takes each line of a file for a number of attendees.
type lines struct {
	t    testing.TB
	name string
	gateway.ImportOptions
}

func (l *lines) Analyse(_ context.Context, lab, name string, r io.Reader, o gateway.ImportOptions) (gateway.Sheet, error) {
	l.name, l.ImportOptions = name, o
	raw, err := io.ReadAll(r)
	if err != nil {
		return gateway.Sheet{}, err
	}
	if bytes.HasPrefix(raw, []byte("PK")) {
		return gateway.Sheet{}, &gateway.FileError{Text: schemas.Text{FR: "classeur illisible", EN: "unreadable workbook"}}
	}
	switch string(raw) {
	case "broken":
		return gateway.Sheet{}, errors.New("a bug")
	case "later":
		return gateway.Sheet{}, fmt.Errorf("%w: what was sent can't be told", gateway.ErrNotNow)
	}
	var s gateway.Sheet
	for i, line := range strings.Fields(string(raw)) {
		s.Rows++
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			for range line { // as many as it has letters
				s.Problems = append(s.Problems, gateway.RowProblem{Sheet: "Formations", Row: i + 1, Column: "Participants",
					Text: schemas.Text{FR: "un nombre était attendu", EN: "a number was expected"}})
			}
			continue
		}
		e := event(l.t, lab, i)
		e.Data = []byte(strings.Replace(string(e.Data), `"attendees":5`, `"attendees":`+strconv.FormatInt(n, 10), 1))
		s.Events = append(s.Events, gateway.RowEvent{Sheet: "Formations", Row: i + 1, Event: e})
	}
	return s, nil
}

func TestFiles(t *testing.T) {
	importer := &lines{t: t}
	r := newRig(t, func(c *gateway.Config) { c.Importer, c.MaxBody = importer, schemas.MaxEventBytes })
	for _, c := range []struct {
		name, query, text string
		status            int
		code              string
		accepted, stored  int
		rows              []int // with problems
	}{
		{"good rows", "", "1 2 3", 202, "", 3, 3, nil},
		{"a dry run", "?dry_run=1", "1 x -3", 200, "", 1, 0, []int{2, 3}},
		{"all or nothing", "", "1 x 3", 422, "invalid_rows", 0, 0, []int{2}},
		{"what the door refuses counts", "", "1 -2 3", 422, "invalid_rows", 0, 0, []int{2}},
		{"in part", "?partial=1", "1 x -3 4", 202, "", 2, 2, []int{2, 3}},
		{"nothing good in part", "?partial=1", "x", 422, "invalid_rows", 0, 0, []int{1}},
		{"an empty file", "", "", 202, "", 0, 0, nil},
		{"an unreadable file", "", "PK\x03\x04", 400, "unreadable_file", 0, 0, nil},
		{"not now", "", "later", 503, "unavailable", 0, 0, nil},
		{"a bug", "", "broken", 500, "internal", 0, 0, nil},
		{"a parameter", "?dry_run=perhaps", "1", 400, "bad_parameter", 0, 0, nil},
		{"a parameter that there isn't", "?retract_missing=1", "1", 400, "bad_parameter", 0, 0, nil},
		{"a kind", "?kind=nonsense", "1", 400, "bad_parameter", 0, 0, nil},
		{"too large", "", strings.Repeat("1 ", schemas.MaxEventBytes), 413, "too_large", 0, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.streamed()
			a := r.do(http.MethodPost, "/v1/imports"+c.query, nord, strings.NewReader(c.text), "Content-Type", "text/csv", "Accept-Language", "en").want(t, c.status, c.code)
			if got := r.streamed() - before; got != c.stored || a.Accepted != c.accepted || a.DryRun != (c.status == 200) {
				t.Errorf("%d stored, want %d; %s", got, c.stored, a.raw)
			}
			var rows []item
			if rows = a.Rejected; c.status == 422 {
				rows = a.RowErrors
			}
			if len(rows) != len(c.rows) {
				t.Fatal(a.raw)
			}
			for _, row := range rows {
				if row.Sheet != "Formations" || row.Error == "" || row.Row == 0 || row.Error == "un nombre était attendu" {
					t.Error(a.raw)
				}
			}
		})
	}
	if a := r.do(http.MethodPost, "/v1/imports", nord, strings.NewReader("1 xx"), "Content-Type", "text/csv", "Accept-Language", "en"); !strings.Contains(a.raw, `"detail":"1 row to correct;`) {
		t.Errorf("one row with two problems: %s", a.raw)
	}
	r.do(http.MethodPost, "/v1/imports", programme, strings.NewReader("1"), "Content-Type", "text/csv").want(t, 403, "forbidden")
	r.do(http.MethodPost, "/v1/imports", nord, strings.NewReader("1"), "Content-Type", "image/png").want(t, 415, "unsupported")
	r.wantMetric(5, "vitrine_gateway_events_total", "result", "accepted")
	newRigAt(t, r.url, nil).do(http.MethodPost, "/v1/imports", nord, strings.NewReader("1"), "Content-Type", "text/csv").want(t, 501, "not_served")
}

func TestAFileInAForm(t *testing.T) {
	importer := &lines{t: t}
	r := newRig(t, func(c *gateway.Config) { c.Importer = importer })
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("comment", "not a file")
	part, err := form.CreateFormFile("file", "../../formations 2026.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, "1 2")
	_ = form.Close()
	a := r.do(http.MethodPost, "/v1/imports?kind=training.held&retract=1", nord, bytes.NewReader(b.Bytes()), "Content-Type", form.FormDataContentType()).want(t, 202, "")
	if a.Accepted != 2 || importer.name != "formations 2026.csv" || importer.Kind != "training.held" || !importer.Retract || importer.MediaType != "application/octet-stream" {
		t.Errorf("%s, %+v", a.raw, importer)
	}
	cut := b.Bytes()[:b.Len()-len(form.Boundary())] // the rows are whole, and still nobody knows whether they are all
	r.do(http.MethodPost, "/v1/imports", nord, bytes.NewReader(cut), "Content-Type", form.FormDataContentType()).want(t, 400, "unreadable_body")
	if got := r.streamed(); got != 2 {
		t.Errorf("%d messages in the stream", got)
	}
	b.Reset()
	form = multipart.NewWriter(&b)
	for _, name := range []string{"a.csv", "b.csv"} {
		if part, err = form.CreateFormFile("file", name); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, "3 4")
		_ = form.WriteField("comment", "not a file")
	}
	_ = form.Close()
	r.do(http.MethodPost, "/v1/imports", nord, &b, "Content-Type", form.FormDataContentType()).want(t, 400, "several_files")
	if got := r.streamed(); got != 2 {
		t.Errorf("%d messages in the stream", got)
	}
	b.Reset()
	form = multipart.NewWriter(&b)
	_ = form.WriteField("comment", "not a file")
	_ = form.Close()
	r.do(http.MethodPost, "/v1/imports", nord, &b, "Content-Type", form.FormDataContentType()).want(t, 400, "no_file")
}

// A large file has the time that it takes, as long as JetStream goes on acknowledging.
func TestALargeFileGetsThrough(t *testing.T) {
	// A row takes a millisecond at least: all of them more than timeout, a portion of 256 on a busy machine less.
	const rows, timeout = 4000, 3 * time.Second
	r := newRig(t, func(c *gateway.Config) { c.Importer, c.Timeout = &lines{t: t}, timeout })
	r.streamed()
	if err := r.js.DeleteStream(t.Context(), schemas.StreamEvents); err != nil {
		t.Fatal(err)
	}
	conn := r.js.Conn()
	seq := 0
	stream, err := conn.Subscribe(schemas.SubjectsOfLabs, func(m *nats.Msg) { // a slow stream: one after the other
		time.Sleep(time.Millisecond)
		seq++
		_ = m.Respond(fmt.Appendf(nil, `{"stream":%q,"seq":%d}`, schemas.StreamEvents, seq))
	})
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Unsubscribe() }()
	a := r.do(http.MethodPost, "/v1/imports", nord, strings.NewReader(strings.Repeat("1 ", rows)), "Content-Type", "text/csv")
	if a.want(t, 202, ""); a.Accepted != rows {
		t.Errorf("%d accepted of %d", a.Accepted, rows)
	}
}
