package form

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

const (
	goodToken  = "vit_atelier-nord_2bqk7mq5xwvh3dyt"
	otherToken = "vit_atelier-sud_7mq5xwvh3dyt2bqk"
)

// noon is the day of the tests: a Thursday in March.
func noon(t testing.TB) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 3, 12, 20, 0, 0, 0, zone)
}

// world is everything around the form: a real JetStream, and a reader that counts what is in it.
type world struct {
	t      testing.TB
	js     jetstream.JetStream
	server *httptest.Server

	mu       sync.Mutex
	tokens   map[string]string // lab by token
	lagging  bool              // the reader doesn't see what is published
	down     bool              // nothing can be read
	remaking bool              // and that is because it is being made again
	cut      bool              // nothing can be published
	seeded   []Entry
	calls    int // of Publish
	noted    int // rows that were sent
	analysis func(name string, body []byte) (Analysis, error)
	zones    map[string]string
	publish  func(ctx context.Context, raw []byte) error
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldWith(t, func(*Config) {})
}

func worldWith(t testing.TB, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, tokens: map[string]string{goodToken: "atelier-nord", otherToken: "atelier-sud"}, zones: map[string]string{}}
	config := Config{Key: bytes.Repeat([]byte{7}, MinKeyBytes), Accounts: w, Publisher: w, Labs: labsOf{w}, Entries: w, Progress: w, Files: w, Templates: w,
		Clock: func() time.Time { return noon(t) }, PublishTimeout: 5 * time.Second}
	change(&config)
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(h)
	t.Cleanup(w.server.Close)
	return w
}

// withStream gives the world a real JetStream to publish to.
func (w *world) withStream() *world {
	url := testkit.NATS(w.t)
	p, err := producers.New(producers.Config{URL: url, Attempts: 1, Clock: func() time.Time { return noon(w.t) }})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := p.Connect(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = p.Close() })
	if err := p.EnsureStreams(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.js = testkit.JetStream(w.t, url)
	publisher := p
	w.mu.Lock()
	defer w.mu.Unlock()
	w.publish = func(ctx context.Context, raw []byte) error {
		_, err := publisher.PublishRaw(ctx, raw)
		return err
	}
	return w
}

// set changes the world under its lock.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// Lab is [Accounts].
func (w *world) Lab(_ context.Context, token string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lab, ok := w.tokens[token]; ok {
		return lab, nil
	}
	return "", ErrToken
}

// why is what is wrong while nothing can be read.
func (w *world) why() error {
	if w.remaking {
		return fmt.Errorf("%w: rebuilding", ErrRemaking)
	}
	return errors.New("down")
}

type labsOf struct{ *world }

func (l labsOf) Lab(_ context.Context, lab string) (Lab, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return Lab{}, l.why()
	}
	return Lab{Name: map[string]string{"atelier-nord": "L’Atelier du Nord", "atelier-sud": "Fabrique du Sud"}[lab], Zone: l.zones[lab]}, nil
}

// Publish is [Publisher].
func (w *world) Publish(ctx context.Context, lab string, raw []byte) error {
	w.mu.Lock()
	w.calls++
	cut, publish := w.cut, w.publish
	w.mu.Unlock()
	if cut {
		return errors.New("no servers")
	}
	e, err := schemas.Decode(raw, noon(w.t))
	if err != nil {
		return err
	}
	if e.Lab() != lab {
		return errors.New("another lab's event")
	}
	if publish != nil {
		return publish(ctx, raw)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seeded = live(append(w.seeded, Entry{}), e)
	return nil
}

// live lays an event over a list of entries.
func live(list []Entry, e *schemas.Event) []Entry {
	list = slices.DeleteFunc(list, func(o Entry) bool { return o.ID == uuid.Nil || o.ID == e.ID && o.Revision <= e.Revision })
	if !e.Retracted && !slices.ContainsFunc(list, func(o Entry) bool { return o.ID == e.ID }) {
		list = append(list, Entry{ID: e.ID, Kind: e.Kind(), Time: e.Time, System: e.System(), Revision: e.Revision, Data: e.Data})
	}
	return list
}

// events are all that was ever kept, in order.
func (w *world) events() []*schemas.Event {
	w.t.Helper()
	stream, err := w.js.Stream(w.t.Context(), schemas.StreamEvents)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []*schemas.Event
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		msg, err := stream.GetMsg(w.t.Context(), seq)
		if err != nil {
			w.t.Fatal(err)
		}
		e, err := schemas.Decode(msg.Data, noon(w.t))
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// counted are the live entries of a lab, as the pipeline would have them.
func (w *world) counted(lab string) []Entry {
	list := slices.Clone(w.seeded)
	if w.js != nil && !w.lagging {
		for _, e := range w.events() {
			if e.Lab() == lab {
				list = live(append(list, Entry{}), e)
			}
		}
	}
	slices.Reverse(list)
	return list
}

// Recent is [Entries]; the seeded ones are atelier-nord's.
func (w *world) Recent(_ context.Context, lab string, limit int) ([]Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, w.why()
	}
	if lab != "atelier-nord" {
		return nil, nil
	}
	list := w.counted(lab)
	return list[:min(limit, len(list))], nil
}

func (w *world) Entry(ctx context.Context, lab string, id uuid.UUID) (Entry, error) {
	list, err := w.Recent(ctx, lab, 1000)
	if err != nil {
		return Entry{}, err
	}
	for _, e := range list {
		if e.ID == id {
			return e, nil
		}
	}
	return Entry{}, ErrNoEntry
}

// Counted is [Entries].
func (w *world) Counted(_ context.Context, _ string, ids []uuid.UUID) (map[uuid.UUID]int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, w.why()
	}
	revisions := map[uuid.UUID]int64{}
	count := func(id uuid.UUID, revision int64) {
		if slices.Contains(ids, id) {
			revisions[id] = max(revisions[id], revision)
		}
	}
	for _, e := range w.seeded {
		count(e.ID, e.Revision)
	}
	if w.js != nil && !w.lagging {
		for _, e := range w.events() {
			count(e.ID, e.Revision)
		}
	}
	return revisions, nil
}

// Status is [Progress]: sessions held by atelier-nord, and three more that don't move.
func (w *world) Status(ctx context.Context, lab string) ([]Commitment, error) {
	list, err := w.Recent(ctx, lab, 1000)
	if err != nil || lab != "atelier-nord" {
		return nil, err
	}
	sessions := 41.0
	for _, e := range list {
		if e.Kind == "training.held" {
			sessions++
		}
	}
	percent := 100 * sessions / 60
	hours, share, rate, aid, monthly := 812.5, 67.7, 12.0, 71.4, 64.6
	return []Commitment{
		{Indicator: "T01", Name: schemas.Text{FR: "Sessions de formation tenues", EN: "Training sessions held"}, Unit: "session", Target: 60, Actual: &sessions, Percent: &percent, Expected: 38, Status: "on_track"},
		{Indicator: "U01", Name: schemas.Text{FR: "Heures d'utilisation des machines", EN: "Machine hours used"}, Unit: "hour", Target: 1200, Actual: &hours, Percent: &share, Expected: 940, NeededPerMonth: &monthly, Status: "at_risk"},
		{Indicator: "D02", Name: schemas.Text{FR: "Participants aux événements de découverte", EN: "Attendance at discovery events"}, Unit: "attendance", Segment: "audience=companies", SegmentName: schemas.Text{FR: "Entreprises", EN: "Companies"}, Target: 100, Actual: &rate, Percent: &rate, Expected: 55, Status: "late"},
		{Indicator: "F03", Name: schemas.Text{FR: "Taux d'aide publique", EN: "Public aid rate"}, Unit: "%", Target: 70, Actual: &aid, Status: "exceeded"},
		{Indicator: "C01", Name: schemas.Text{FR: "Entreprises accompagnées", EN: "Companies served"}, Unit: "company", Target: 25, Expected: 10, Status: "no_data"},
	}, nil
}

// Read is [FileReader].
func (w *world) Read(_ context.Context, f File) (Analysis, error) {
	body, err := io.ReadAll(f.Content)
	if err != nil {
		return Analysis{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.analysis == nil {
		return Analysis{}, errors.New("no servers")
	}
	return w.analysis(f.Name, body)
}

// Sent is [FileReader].
func (w *world) Sent(_ context.Context, _ string, events []*schemas.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted += len(events)
	return nil
}

// Template is [Templates].
func (w *world) Template(to io.Writer, kind, format string, l schemas.Lang) error {
	_, err := io.WriteString(to, strings.Join([]string{kind, format, string(l)}, ";"))
	return err
}

// browser is a plain HTTP client with cookies, and no JavaScript.
type browser struct {
	t      testing.TB
	client *http.Client
	base   string
	line   pause // how long an upload stands still
	// the last answer
	status int
	body   string
	at     *url.URL
	header http.Header
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{t: w.t, client: &http.Client{Jar: jar}, base: w.server.URL}
}

func (b *browser) do(r *http.Request) *browser {
	b.t.Helper()
	r.Header.Set("Accept-Language", "fr")
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.body, b.at, b.header = answer.StatusCode, string(body), answer.Request.URL, answer.Header
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, in url.Values) *browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(in.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

var hiddenPattern = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// form is what the page's form holds before anything is typed into it.
func (b *browser) form() url.Values {
	in := url.Values{}
	_, entry, _ := strings.Cut(b.body, `id="content"`)
	for _, m := range hiddenPattern.FindAllStringSubmatch(entry, -1) {
		in.Set(m[1], strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	for _, m := range regexp.MustCompile(`<input type="(?:date|time|text|url)"[^>]* name="([^"]+)"[^>]* value="([^"]*)"`).FindAllStringSubmatch(entry, -1) {
		in.Set(m[1], m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(entry, -1) {
		if chosen := regexp.MustCompile(`value="([^"]+)" selected`).FindStringSubmatch(m[2]); chosen != nil {
			in.Set(m[1], chosen[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea id="[^"]*" name="([^"]+)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(entry, -1) {
		in.Set(m[1], m[2])
	}
	return in
}

func (b *browser) signIn(token string) *browser {
	b.t.Helper()
	in := b.get("/submit").form()
	in.Set("token", token)
	return b.post("/submit/signin", in)
}

// has fails unless the page holds each text.
func (b *browser) has(texts ...string) {
	b.t.Helper()
	plain := strings.NewReplacer("&#39;", "’", "\u00a0", " ", "\u202f", " ", "&#43;", "+").Replace(b.body)
	for _, text := range texts {
		if !strings.Contains(plain, text) {
			b.t.Errorf("%s (%d) lacks %q", b.at, b.status, text)
		}
	}
}

// sampleAnalysis is a file whose rows are right in part.
func sampleAnalysis(t testing.TB, count int) Analysis {
	t.Helper()
	event := func(n int, data any) *schemas.Event {
		e, err := schemas.NewEventWithID(schemas.RecordID("atelier-nord", "tableur", fmt.Sprint(n)), "atelier-nord", "tableur", noon(t).Add(-time.Duration(n)*26*time.Hour), data)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	training := func(n int) *schemas.Event {
		return event(n, schemas.TrainingHeld{End: noon(t).Add(-time.Duration(n)*26*time.Hour + 3*time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: 8, Title: "Prise en main de la découpeuse laser"})
	}
	a := Analysis{Rows: []Row{
		{Line: 2, Event: training(1)},
		{Line: 3, Event: event(2, schemas.DiscoveryHeld{Type: "open_day", Audience: "general_public", Title: "Journée portes ouvertes d'hiver"})},
		{Line: 4, Problems: []Problem{{Column: "Date", Found: "31/02/2026", What: schemas.Text{FR: "attendu : un jour qui existe, écrit jj/mm/aaaa", EN: "expected: a day that exists, written dd/mm/yyyy"}},
			{Column: "SIREN des entreprises", Found: "552 100 555", What: schemas.Text{FR: "attendu : un SIREN : 9 chiffres, clé de Luhn juste", EN: "expected: a SIREN: 9 digits with a right Luhn sum"}}}},
		{Line: 5, Event: training(3), Unchanged: true},
	}, Notes: []schemas.Text{{FR: "La colonne « Justificatif » n'a pas été reprise : aucun champ ne lui correspond.", EN: "The column “Justificatif” wasn't taken: no field matches it."}}}
	for n := range count {
		a.Rows = append(a.Rows, Row{Line: 6 + n, Event: training(10 + n)})
	}
	return a
}
