//go:build powerloss && linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
	"unsafe"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sys/unix"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

// disk is an ext4 filesystem in a file, whose power can be cut.
type disk struct {
	t           *testing.T
	image, path string
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{t: t, image: filepath.Join(dir, "disk.img"), path: filepath.Join(dir, "disk")}
	if err := errors.Join(os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, 4<<30), os.Mkdir(d.path, 0o700)); err != nil {
		t.Fatal(err)
	}
	d.run("mkfs.ext4", "-q", d.image)
	d.mount()
	t.Cleanup(func() { d.run("umount", d.path) })
	return d
}

func (d *disk) mount() { d.run("mount", "-o", "loop", d.image, d.path) }

func (d *disk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// Of Linux's include/uapi/linux/ext4.h: stop the filesystem at once, and write neither data nor journal.
const (
	ext4IocShutdown     = 0x8004587d
	ext4GoingNoLogFlush = 2
)

// cut is the end of power: what the filesystem hasn't written to its device by now, it never will.
func (d *disk) cut() {
	d.t.Helper()
	f, err := os.Open(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	how := uint32(ext4GoingNoLogFlush)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), ext4IocShutdown, uintptr(unsafe.Pointer(&how))); errno != 0 {
		d.t.Fatalf("shut the filesystem down: %v", errno)
	}
}

// restore mounts what the device has, which replays the journal. A copy of it: the filesystem that was shut
// down would be mounted again as it is, were it still mounted in another process's namespace.
func (d *disk) restore() {
	d.t.Helper()
	d.run("umount", d.path)
	d.run("cp", "--sparse=always", d.image, d.image+".copy")
	if err := errors.Join(os.Remove(d.image), os.Rename(d.image+".copy", d.image)); err != nil {
		d.t.Fatal(err)
	}
	d.mount()
}

// sender publishes events without end and remembers which were accepted.
type sender struct {
	url      string
	mu       sync.Mutex
	accepted map[uint64]string // sequence → event
	ids      []uuid.UUID
}

// run publishes until ctx ends or the server is gone.
func (s *sender) run(ctx context.Context) error {
	p, err := producers.New(producers.Config{URL: s.url, Attempts: 1, AttemptTimeout: 2 * time.Second})
	if err == nil {
		err = p.Connect(ctx)
	}
	if err != nil {
		return err
	}
	defer p.Close()
	totals, err := p.PublishAll(ctx, s.events(ctx), producers.Options{Window: 64, OnResult: func(_ int, r producers.Receipt, err error) {
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.accepted[r.Seq] = r.Event.ID.String()
		}
	}})
	if totals.Refused > 0 {
		return fmt.Errorf("%d events were refused", totals.Refused)
	}
	var gone *producers.UnavailableError
	if err != nil && !errors.As(err, &gone) {
		return err
	}
	return nil
}

// events are new ones and, one in five, corrections that move an event to another day.
func (s *sender) events(ctx context.Context) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for n := int64(0); ctx.Err() == nil; n++ {
			id := uuid.New()
			revision := int64(0)
			if len(s.ids) > 0 && rand.IntN(5) == 0 {
				id, revision = s.ids[rand.IntN(len(s.ids))], n+1
			} else {
				s.ids = append(s.ids, id)
			}
			attendance := rand.Int64N(100)
			at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, rand.IntN(120))
			e, err := schemas.NewEventWithID(id, fmt.Sprintf("lab-%d", id[0]%5), "", at,
				schemas.DiscoveryHeld{Type: "open_day", Audience: "companies", Attendance: &attendance})
			if err != nil {
				panic(err)
			}
			e.Revision = revision
			if !yield(e) {
				return
			}
		}
	}
}

// cutResult is what a cut took.
type cutResult struct {
	accepted, notInStream, notInClickHouse, notInStreamAnyMore int
	noticed, exact                                             bool
}

// Cut the power again and again while events are accepted and counted, on the defaults and on each
// relaxed setting. The defaults lose nothing; that the relaxed ones do shows that the cut is one.
func TestPowerLoss(t *testing.T) {
	cuts := 5
	if given := os.Getenv("CUTS"); given != "" {
		var err error
		if cuts, err = strconv.Atoi(given); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []struct {
		name  string
		flags []string
		ddl   string // run on each table once the programme is up
		loses bool
	}{
		{name: "defaults"},
		{name: "stream flushed every second", flags: []string{"--sync-interval", "1s"}, loses: true},
		{name: "ClickHouse left to the page cache", loses: true,
			ddl: "ALTER TABLE %s MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0, min_rows_to_fsync_after_merge = 0"},
	} {
		t.Run(mode.name, func(t *testing.T) {
			d := newDisk(t)
			addrs, web, natsURL, clickhouseURL := addresses(t)
			up := append([]string{"up", "--data", filepath.Join(d.path, "data"), "--log-level", "error"}, append(mode.flags, addrs...)...)
			s := &sender{url: natsURL, accepted: map[uint64]string{}}
			var table bytes.Buffer
			out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "cut\taccepted so far\tof these not in the stream\tcounted, not in ClickHouse\tin ClickHouse, not in the stream\tnoticed\tverify, at once")
			lost := 0
			for cut := range cuts {
				p := start(t, up...)
				awaitReady(t, web, http.StatusOK)
				if mode.ddl != "" {
					for _, name := range strings.Fields(query(t, clickhouseURL, "SELECT name FROM system.tables WHERE database = 'vitrine' AND engine LIKE '%MergeTree'")) {
						execute(t, clickhouseURL, fmt.Sprintf(mode.ddl, name))
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				sent := make(chan error, 1)
				go func() { sent <- s.run(ctx) }()
				time.Sleep(2*time.Second + rand.N(10*time.Second)) // the moment of the cut is chance
				d.cut()
				p.kill()
				cancel()
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
				d.restore()

				p = start(t, up...)
				r := s.examine(t, web, natsURL, clickhouseURL)
				fmt.Fprintf(out, "%d\t%d\t%d\t%d\t%d\t%t\t%t\n", cut+1, r.accepted, r.notInStream, r.notInClickHouse, r.notInStreamAnyMore, r.noticed, r.exact)
				lost += r.notInStream + r.notInClickHouse
				silently := r.notInClickHouse > 0 || r.notInStreamAnyMore > 0 && !r.noticed
				if !mode.loses && (r.notInStream > 0 || silently || r.noticed || !r.exact) {
					t.Errorf("cut %d: %+v", cut+1, r)
				}
				if r.noticed && r.notInStreamAnyMore == 0 {
					t.Errorf("cut %d: it says that the stream lost messages, and it did not", cut+1)
				}
				if !r.exact { // what the pages advise mends it
					if status, out, errs := command(t, "", natsURL, "rebuild", "--from-stream", "--clickhouse-url", clickhouseURL); status != 0 {
						t.Fatalf("rebuild exits %d: %s%s", status, out, errs)
					}
					if !verified(t, natsURL, clickhouseURL) {
						t.Errorf("cut %d: not exact after a rebuild from the stream", cut+1)
					}
				}
				p.kill()
			}
			out.Flush()
			t.Logf("%s\n%s", mode.name, &table)
			if mode.loses && lost == 0 {
				t.Error("no cut took anything: the experiment shows nothing")
			}
		})
	}
}

// examine compares what was accepted with what there is after a cut. What the stream lost is
// forgotten: the next cut takes its own.
func (s *sender) examine(t *testing.T, web, natsURL, clickhouseURL string) (r cutResult) {
	t.Helper()
	testkit.Eventually(t, 2*time.Minute, func() error { // whatever readiness says: it is up
		response, err := http.Get(web + "/readyz")
		if err == nil {
			response.Body.Close()
		}
		return err
	})
	js := testkit.JetStream(t, natsURL)
	r.accepted = len(s.accepted)
	stream := streamIDs(t, js)
	for seq, id := range s.accepted {
		if stream[seq] != id {
			r.notInStream++
			delete(s.accepted, seq)
		}
	}
	// It is all counted, or the consumer says that it is another stream.
	testkit.Eventually(t, 2*time.Minute, func() error {
		response, err := http.Get(web + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if r.noticed = strings.Contains(string(body), "isn't what the figures were made from"); r.noticed || err != nil {
			return err
		}
		if n := consumed(t.Context(), natsURL); n < uint64(len(stream)) || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%d of %d are counted, /readyz says %s", n, len(stream), body)
		}
		return nil
	})
	stored := map[uint64]string{}
	for _, line := range strings.Split(query(t, clickhouseURL, "SELECT stream_seq, id FROM event_history"), "\n") {
		if seq, id, ok := strings.Cut(line, "\t"); ok {
			n, err := strconv.ParseUint(seq, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			stored[n] = id
		}
	}
	floor := consumed(t.Context(), natsURL)
	for seq, id := range stream {
		if seq <= floor && stored[seq] != id {
			r.notInClickHouse++
		}
	}
	for seq, id := range stored {
		if stream[seq] != id {
			r.notInStreamAnyMore++
		}
	}
	r.exact = !r.noticed && verified(t, natsURL, clickhouseURL)
	return r
}

// streamIDs are the events in the stream by sequence.
func streamIDs(t *testing.T, js jetstream.JetStream) map[uint64]string {
	t.Helper()
	ids := map[uint64]string{}
	stream, err := js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	last := stream.CachedInfo().State.LastSeq
	reader, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := reader.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	for uint64(len(ids)) < last {
		m, err := messages.Next(jetstream.NextContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		meta, err := m.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		e, err := schemas.Decode(m.Data(), meta.Timestamp)
		if err != nil {
			t.Fatalf("message %d: %v", meta.Sequence.Stream, err)
		}
		ids[meta.Sequence.Stream] = e.ID.String()
	}
	return ids
}

func verified(t *testing.T, natsURL, clickhouseURL string) bool {
	t.Helper()
	status, out, errs := command(t, "", natsURL, "verify", "--clickhouse-url", clickhouseURL)
	if status != 0 {
		t.Logf("verify exits %d: %.1500s%s", status, out, errs)
	}
	return status == 0
}

// execute runs a statement that changes something.
func execute(t *testing.T, clickhouseURL, sql string) {
	t.Helper()
	response, err := http.Post(strings.TrimSuffix(clickhouseURL, "/vitrine")+"/?database=vitrine", "text/plain", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", sql, response.Status, body)
	}
}
