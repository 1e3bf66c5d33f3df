package rejected_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/rejected"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

const lab = "atelier-nord"

func rejection(seq uint64) clickhouse.Rejection {
	return clickhouse.Rejection{StreamSeq: seq, Lab: lab, Kind: "discovery.held", Code: schemas.CodeNotJSON, Field: "data",
		Reason: schemas.Text{FR: "illisible", EN: "unreadable"}, Subject: schemas.Subject(lab, "discovery.held"), ReceivedAt: time.Now(), Raw: "{"}
}

// messages is how many the stream holds about the lab.
func messages(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	stream, err := js.Stream(t.Context(), schemas.StreamRejected)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(schemas.SubjectRejected(lab)))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects[schemas.SubjectRejected(lab)]
}

// forget waits until the server has forgotten the message ids that it knows now.
func forget(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	id := nats.NewInbox() // one that is younger than all of them
	probe := func() bool {
		ack, err := js.Publish(t.Context(), schemas.SubjectRejected("probe"), nil, jetstream.WithMsgID(id))
		if err != nil {
			t.Fatal(err)
		}
		return ack.Duplicate
	}
	probe()
	testkit.Eventually(t, time.Minute, func() error {
		if probe() {
			return errors.New("the window is still open")
		}
		return nil
	})
}

// forgetful are streams whose server forgets message ids soon.
func forgetful(t *testing.T) jetstream.JetStream {
	t.Helper()
	js := testkit.Streams(t)
	if _, err := js.UpdateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamRejected, Subjects: []string{schemas.SubjectsOfRejected}, Duplicates: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	return js
}

// A rejection stands in the stream once, whoever adds it again and however long after: the server's
// window for duplicates is over each time.
func TestARejectionIsPublishedOnce(t *testing.T) {
	js := forgetful(t)
	first, other := rejected.NewLog(js), rejected.NewLog(js)
	old := rejection(3)
	old.ReceivedAt = time.Now().Add(-72 * time.Hour) // stored long before it was read
	ahead := rejection(6)
	ahead.ReceivedAt = time.Now().Add(5 * time.Hour) // the server's clock has gone back since
	for i, step := range []struct {
		log  *rejected.Log
		add  []clickhouse.Rejection
		want uint64
	}{
		{first, []clickhouse.Rejection{rejection(1), rejection(2)}, 2},
		{first, []clickhouse.Rejection{rejection(1), rejection(2)}, 2},                // the same consumer, once more
		{other, []clickhouse.Rejection{rejection(2)}, 2},                              // another, after the first was killed
		{other, []clickhouse.Rejection{rejection(1), old, rejection(4)}, 4},           // some of them are new
		{first, []clickhouse.Rejection{rejection(4), rejection(5), old}, 5},           // it didn't see the other's
		{rejected.NewLog(js), []clickhouse.Rejection{old, rejection(5)}, 5},           // a new process
		{rejected.NewLog(js), []clickhouse.Rejection{rejection(1), rejection(10)}, 6}, // 1 is about event 1, not 10
		{rejected.NewLog(js), []clickhouse.Rejection{ahead}, 7},
		{rejected.NewLog(js), []clickhouse.Rejection{ahead}, 7},
		{rejected.NewLog(js), nil, 7},
	} {
		if err := step.log.Add(t.Context(), step.add); err != nil {
			t.Fatal(err)
		}
		if n := messages(t, js); n != step.want {
			t.Errorf("step %d: %d messages, want %d", i, n, step.want)
		}
		forget(t, js)
	}
}

// More than are on their way at once are published once, too.
func TestManyRejectionsArePublishedOnce(t *testing.T) {
	js := forgetful(t)
	var flood []clickhouse.Rejection
	for seq := range uint64(700) {
		flood = append(flood, rejection(seq+1))
	}
	for i, add := range [][]clickhouse.Rejection{flood[:100], flood, flood[50:]} {
		if err := rejected.NewLog(js).Add(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		if n, want := messages(t, js), []uint64{100, 700, 700}[i]; n != want {
			t.Errorf("after %d additions %d messages, want %d", i+1, n, want)
		}
		forget(t, js)
	}
}

// Whatever stands in an event's fields, its rejection can be published: the stream's limit for headers
// would else stop the pipeline for good.
func TestAnyRejectionCanBePublished(t *testing.T) {
	js := testkit.Streams(t)
	long := strings.Repeat("démesuré ", 10_000)
	r := rejection(1)
	r.Field, r.Subject = long+"\r\nNats-Msg-Id: forged\x00", "vitrine.events."+strings.Repeat("x", 70_000)
	r.Reason = schemas.Text{FR: "é\nè\x1b[31m" + long, EN: "\r\n\r\n" + long}
	if err := rejected.NewLog(js).Add(t.Context(), []clickhouse.Rejection{r}); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), schemas.StreamRejected)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if id := m.Header.Get(jetstream.MsgIDHeader); id != "rejected-1" || m.Header.Get("Vitrine-Stream-Seq") != "1" || string(m.Data) != "{" {
		t.Errorf("message id %q, about %q, %q", id, m.Header.Get("Vitrine-Stream-Seq"), m.Data)
	}
	if field := m.Header.Get("Vitrine-Field"); !strings.HasPrefix(field, "démesuré") || !strings.HasSuffix(field, "…") || len(field) > 5000 {
		t.Errorf("the field is %d bytes, %.40q", len(field), field)
	}
}

func migrated(t *testing.T) *clickhouse.Store {
	t.Helper()
	store := storekit.Open(t)
	return store
}

// ClickHouse is told what the stream says: the last word on each, again after it lost everything, and
// nothing about what isn't rejected any more.
func TestClickHouseIsToldWhatTheStreamSays(t *testing.T) {
	js, store := testkit.Streams(t), migrated(t)
	rejections := []clickhouse.Rejection{rejection(1), rejection(2), rejection(3)}
	if err := store.InsertRejections(t.Context(), rejections); err != nil {
		t.Fatal(err)
	}
	if err := rejected.NewLog(js).Add(t.Context(), rejections); err != nil {
		t.Fatal(err)
	}
	states := func() string {
		t.Helper()
		found, err := store.FindRejections(t.Context(), clickhouse.RejectionFilter{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range found {
			s := fmt.Sprint(r.StreamSeq, " ", r.State)
			if (r.ResolvedAt != nil) != (r.State != clickhouse.StateOpen) {
				t.Errorf("%s was resolved at %v", s, r.ResolvedAt)
			}
			if r.ReplayedAs != nil {
				s += fmt.Sprint(" ", *r.ReplayedAs)
			}
			out = append(out, strings.TrimSpace(s+" "+r.ResolutionReason))
		}
		return strings.Join(out, ", ")
	}
	mark := func(r clickhouse.Resolution) {
		t.Helper()
		if err := rejected.Mark(t.Context(), js, lab, r); err != nil {
			t.Fatal(err)
		}
	}
	sync := func(want string) {
		t.Helper()
		for range 2 { // the second has nothing to tell
			if err := rejected.Sync(t.Context(), js, store); err != nil {
				t.Fatal(err)
			}
			if got := states(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	sync("1 open, 2 open, 3 open")
	mark(clickhouse.Resolution{StreamSeq: 2, State: clickhouse.StateDiscarded, Reason: "essai, écrit à tort"})
	mark(clickhouse.Resolution{StreamSeq: 9, State: clickhouse.StateDiscarded, Reason: "of no event that is rejected"})
	sync("1 open, 2 discarded essai, écrit à tort, 3 open")
	mark(clickhouse.Resolution{StreamSeq: 2, State: clickhouse.StateReplayed, ReplayedAs: 7})
	mark(clickhouse.Resolution{StreamSeq: 3, State: clickhouse.StateDiscarded, Reason: "a"})
	mark(clickhouse.Resolution{StreamSeq: 3, State: clickhouse.StateDiscarded, Reason: "b"})
	for _, header := range []nats.Header{
		{"Vitrine-Resolution": {"replayed"}},
		{"Vitrine-Resolution": {"replayed"}, "Vitrine-Stream-Seq": {"1"}},
		{"Vitrine-Resolution": {"erased"}, "Vitrine-Stream-Seq": {"1"}},
		{"Vitrine-Resolution": {"discarded"}, "Vitrine-Stream-Seq": {"-1"}},
	} { // somebody else's
		if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: schemas.SubjectRejected(lab), Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	const final = "1 open, 2 replayed 7, 3 discarded b"
	sync(final)

	if err := store.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := states(); got != "" {
		t.Errorf("cleared, but there is %q", got)
	}
	if err := store.InsertRejections(t.Context(), rejections); err != nil {
		t.Fatal(err)
	}
	sync(final)
	counts, err := store.CountRejections(t.Context(), "lab", clickhouse.RejectionFilter{})
	if err != nil || len(counts) != 1 || counts[0].Key != lab || counts[0].Open != 1 || counts[0].Replayed != 1 || counts[0].Discarded != 1 {
		t.Errorf("counted %+v, %v", counts, err)
	}

	// The rules changed and 2 is accepted at its old place: the rebuild doesn't reject it, and its
	// resolution shows nowhere.
	if err := store.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.InsertRejections(t.Context(), slices.Concat(rejections[:1], rejections[2:])); err != nil {
		t.Fatal(err)
	}
	sync("1 open, 3 discarded b")

	// An older copy of the stream is put back: what it doesn't have is forgotten, and what is said from then on heard.
	if err := js.DeleteStream(t.Context(), schemas.StreamRejected); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: schemas.StreamRejected, Subjects: []string{schemas.SubjectsOfRejected}}); err != nil {
		t.Fatal(err)
	}
	mark(clickhouse.Resolution{StreamSeq: 1, State: clickhouse.StateDiscarded, Reason: "c"})
	sync("1 discarded c, 3 open")
	mark(clickhouse.Resolution{StreamSeq: 3, State: clickhouse.StateReplayed, ReplayedAs: 7})
	sync("1 discarded c, 3 replayed 7")
}
