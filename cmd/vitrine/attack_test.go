package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"vitrine/consumers/ingest"
	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// fortress is a NATS server as `vitrine up` runs it, with two labs and the programme, and what it refused.
type fortress struct {
	url      string
	keys     *credentials.Keys
	js       jetstream.JetStream // the service's
	registry *credentials.Registry
	refused  *prometheus.CounterVec
	log      *lockedBuffer
	creds    map[string][]byte
	token    map[string]string
	dir      string
}

const (
	attacker = "atelier-nord"
	victim   = "fabrique-sud"
)

// newFortress starts the server; local lets this machine's connections in without credentials.
func newFortress(t *testing.T, local bool) *fortress {
	t.Helper()
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	operator, err := operatorOf(keys, local)
	if err != nil {
		t.Fatal(err)
	}
	f := &fortress{keys: keys, refused: newRefused(), log: &lockedBuffer{}, creds: map[string][]byte{}, token: map[string]string{}, dir: dir}
	f.url, _ = testkit.Serve(t, natsd.Config{Dir: filepath.Join(dir, "nats"), Port: natsd.AnyPort, SyncInterval: time.Second, Operator: operator,
		Logger: slog.New(slog.NewTextHandler(f.log, nil)), OnRefusal: func(r natsd.Refusal) { f.refused.WithLabelValues(string(r)).Inc() }})
	conn, err := (&environment{Config: config{NATSURL: f.url, NATSCreds: keys.ServiceCredentials()}}).dialNATS(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if f.js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	if err := producers.EnsureStreams(t.Context(), f.js, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.js.CreateConsumer(t.Context(), schemas.StreamEvents, jetstream.ConsumerConfig{Durable: schemas.ConsumerDurable, AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	if f.registry, err = credentials.NewRegistry(credentials.RegistryConfig{JetStream: f.js, URL: f.url, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{attacker, victim, credentials.Programme} {
		issued, err := f.registry.Add(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		f.creds[name], f.token[name] = issued.Creds, issued.Token
	}
	return f
}

func (f *fortress) as(t *testing.T, name string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(f.url, nats.UserCredentialBytes(f.creds[name]), nats.CustomInboxPrefix("_INBOX_"+name),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// refusals are how many of a kind were counted, and how many of any kind stand in the log.
func (f *fortress) refusals(kind natsd.Refusal) (counted, logged int) {
	return int(testutil.ToFloat64(f.refused.WithLabelValues(string(kind)))), strings.Count(f.log.String(), " refused=")
}

// attack is something that credentials must not be able to do.
type attack struct {
	name string
	kind natsd.Refusal // how the server must refuse it
	do   func(*nats.Conn) error
}

func sends(name, subject string, body string) attack {
	return attack{name, natsd.RefusedPublish, func(c *nats.Conn) error { return c.PublishRequest(subject, c.NewInbox(), []byte(body)) }}
}

func listens(name, subject string) attack {
	return attack{name, natsd.RefusedSubscribe, func(c *nats.Conn) error { _, err := c.SubscribeSync(subject); return err }}
}

// TestLabCredentialsAreHeldToTheirLab tries a lab's real credentials where they must not reach. Each
// attempt must be refused, logged and counted; run it with -v for the table.
func TestLabCredentialsAreHeldToTheirLab(t *testing.T) {
	f := newFortress(t, true) // that this machine is let in must not help
	lab, programme := f.as(t, attacker), f.as(t, credentials.Programme)
	t.Run("allowed", func(t *testing.T) { f.allowed(t, lab, programme) })

	const streams, api = "KV_" + credentials.Bucket, "$JS.API."
	report := table.NewWriter()
	report.AppendHeader(table.Row{"attempt", "refused by", "counted", "logged"})
	for _, set := range []struct {
		who     string
		conn    *nats.Conn
		attacks []attack
	}{
		{"lab", lab, []attack{
			sends("publish another lab's event", schemas.Subject(victim, "training.held"), "{}"),
			sends("publish the programme's kind for itself", schemas.Subject(attacker, "period.approved"), "{}"),
			sends("register itself", schemas.Subject(attacker, "lab.registered"), "{}"),
			sends("publish to the rejected stream", schemas.SubjectRejected(attacker), "{}"),
			sends("create a stream", api+"STREAM.CREATE.MINE", `{"name":"MINE","subjects":["mine"]}`),
			sends("change the stream", api+"STREAM.UPDATE."+schemas.StreamEvents, `{}`),
			sends("delete the stream", api+"STREAM.DELETE."+schemas.StreamEvents, ""),
			sends("purge the stream", api+"STREAM.PURGE."+schemas.StreamEvents, ""),
			sends("look at the stream", api+"STREAM.INFO."+schemas.StreamEvents, ""),
			sends("list the streams", api+"STREAM.NAMES", ""),
			sends("look at the account", api+"INFO", ""),
			sends("read a message", api+"STREAM.MSG.GET."+schemas.StreamEvents, `{"seq":1}`),
			sends("read a message directly", api+"DIRECT.GET."+schemas.StreamEvents, `{"seq":1}`),
			sends("erase a message", api+"STREAM.MSG.DELETE."+schemas.StreamEvents, `{"seq":1}`),
			sends("create a consumer", api+"CONSUMER.CREATE."+schemas.StreamEvents, `{"stream_name":"VITRINE_EVENTS","config":{}}`),
			sends("take from the pipeline's consumer", api+"CONSUMER.MSG.NEXT."+schemas.StreamEvents+"."+schemas.ConsumerDurable, ""),
			sends("hold the pipeline's consumer", api+"CONSUMER.PAUSE."+schemas.StreamEvents+"."+schemas.ConsumerDurable, ""),
			sends("delete the pipeline's consumer", api+"CONSUMER.DELETE."+schemas.StreamEvents+"."+schemas.ConsumerDurable, ""),
			sends("acknowledge for the pipeline", "$JS.ACK."+schemas.StreamEvents+"."+schemas.ConsumerDurable+".1.1.1.1.0", "+ACK"),
			sends("read the credentials' bucket", api+"DIRECT.GET."+streams, `{"seq":1}`),
			sends("write into the credentials' bucket", "$KV."+credentials.Bucket+"."+victim, "{}"),
			sends("change the account", "$SYS.REQ.CLAIMS.UPDATE", "x"),
			sends("ask the server about itself", "$SYS.REQ.SERVER.PING", ""),
			{"publish with an acknowledgement as the reply", natsd.RefusedPublish, func(c *nats.Conn) error {
				return c.PublishRequest(schemas.Subject(attacker, "training.held"), "$JS.ACK."+schemas.StreamEvents+"."+schemas.ConsumerDurable+".1.1.1.1.0", nil)
			}},
			{"have a trace sent to another lab's subject", natsd.RefusedPublish, func(c *nats.Conn) error {
				m := nats.NewMsg(schemas.Subject(attacker, "training.held"))
				m.Header.Set("Nats-Trace-Dest", schemas.Subject(victim, "training.held"))
				return c.PublishMsg(m)
			}},
			listens("hear all labs' events", schemas.SubjectsOfLabs),
			listens("hear its own events", "vitrine.events."+attacker+".>"),
			listens("hear the programme's events", schemas.SubjectsOfProgramme),
			listens("hear the rejected stream", schemas.SubjectsOfRejected),
			listens("hear everybody's replies", "_INBOX.>"),
			listens("hear another lab's replies", "_INBOX_"+victim+".>"),
			listens("hear changes of credentials", "$KV.>"),
			listens("hear the server's news", "$SYS.>"),
			listens("hear JetStream's news", "$JS.EVENT.>"),
			listens("hear everything", ">"),
			{"share another's subscription", natsd.RefusedSubscribe, func(c *nats.Conn) error { _, err := c.QueueSubscribeSync("vitrine.>", "q"); return err }},
		}},
		{"programme", programme, []attack{
			sends("publish a lab's event", schemas.Subject(attacker, "training.held"), "{}"),
			sends("delete the stream", api+"STREAM.DELETE."+schemas.StreamEvents, ""),
			listens("hear all labs' events", schemas.SubjectsOfLabs),
		}},
	} {
		for _, a := range set.attacks {
			counted, logged := f.refusals(a.kind)
			if err := errors.Join(a.do(set.conn), set.conn.Flush()); err != nil {
				t.Fatalf("%s: %v", a.name, err)
			}
			countedNow, loggedNow := f.refusals(a.kind) // the server's answer to Flush comes after
			report.AppendRow(table.Row{set.who + ": " + a.name, a.kind, countedNow - counted, loggedNow - logged})
			if countedNow != counted+1 || loggedNow != logged+1 {
				t.Errorf("%s: %s: refused %d times, logged %d times, want once", set.who, a.name, countedNow-counted, loggedNow-logged)
			}
		}
	}
	for _, a := range f.intrusions(t) {
		counted, logged := f.refusals(a.kind)
		if err := a.do(nil); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: got %v", a.name, err)
		}
		countedNow, loggedNow := f.refusals(a.kind)
		report.AppendRow(table.Row{"stranger: " + a.name, a.kind, countedNow - counted, loggedNow - logged})
		if countedNow <= counted || loggedNow <= logged {
			t.Errorf("%s: it isn't counted (%d) or logged (%d)", a.name, countedNow-counted, loggedNow-logged)
		}
	}
	for _, row := range f.throughTheDoor(t, lab) {
		report.AppendRow(row)
	}
	counted, logged := f.unharmed(t)
	if counted != 2 || logged != 2 {
		t.Errorf("acknowledgements in the bucket: %d counted, %d logged, want 2", counted, logged)
	}
	report.AppendRow(table.Row{"lab: acknowledgements sent into the bucket, twice", "verifier", counted, logged})
	t.Logf("\n%s", report.Render())
}

// allowed makes sure that the attacks don't fail for another reason.
func (f *fortress) allowed(t *testing.T, lab, programme *nats.Conn) {
	for subject, conn := range map[string]*nats.Conn{schemas.Subject(attacker, "training.held"): lab, schemas.Subject(victim, "period.approved"): programme} {
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		ack, err := js.Publish(t.Context(), subject, []byte("{}"))
		if err != nil || ack.Stream != schemas.StreamEvents {
			t.Errorf("%s: %+v, %v", subject, ack, err)
		}
	}
}

// intrusions are ways to come in as somebody else.
func (f *fortress) intrusions(t *testing.T) []attack {
	t.Helper()
	own, err := jwt.ParseDecoratedUserNKey(f.creds[attacker])
	if err != nil {
		t.Fatal(err)
	}
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := jwt.ParseDecoratedJWT(f.creds[victim])
	if err != nil {
		t.Fatal(err)
	}
	mine, err := jwt.ParseDecoratedJWT(f.creds[attacker])
	if err != nil {
		t.Fatal(err)
	}
	claims, err := jwt.DecodeUserClaims(mine)
	if err != nil {
		t.Fatal(err)
	}
	claims.Pub.Allow, claims.IssuerAccount = jwt.StringList{">"}, f.keys.Account()
	forged, err := claims.Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(name, token string) attack {
		return attack{name, natsd.RefusedConnection, func(*nats.Conn) error {
			conn, err := nats.Connect(f.url, nats.UserJWT(func() (string, error) { return token, nil }, own.Sign))
			if err == nil {
				conn.Close()
			}
			return err
		}}
	}
	return []attack{enter("come in as another lab, without its key", theirs), enter("come in with rights signed by itself", forged)}
}

// throughTheDoor is what the server can't see or doesn't hinder: what a message says, and where its
// acknowledgement goes. The consumer and the registry must.
func (f *fortress) throughTheDoor(t *testing.T, lab *nats.Conn) (rows []table.Row) {
	t.Helper()
	door := ingest.NewDoor(f.js, schemas.DefaultCatalogue(), time.UTC)
	stream, err := f.js.Stream(t.Context(), schemas.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	judged := func(name, subject, code string) {
		t.Helper()
		var m *jetstream.RawStreamMsg
		testkit.Eventually(t, 10*time.Second, func() (err error) { // the stream takes messages in its own time
			m, err = stream.GetLastMsgForSubject(t.Context(), subject)
			return err
		})
		var refused *schemas.Invalid
		if _, err := door.Admit(t.Context(), m.Subject, m.Data, m.Time); !errors.As(err, &refused) || refused.Problems[0].Code != code {
			t.Errorf("%s: the consumer says %v", name, err)
			return
		}
		rows = append(rows, table.Row{"lab: " + name, "consumer: " + code})
	}
	event, err := schemas.NewEvent(victim, "", time.Now().Add(-time.Hour), schemas.MachineUsage{Machine: "m1", Category: "other", Origin: "booked", End: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	own := schemas.Subject(attacker, "machine.usage")
	if err := errors.Join(lab.Publish(own, raw), lab.Flush()); err != nil {
		t.Fatal(err)
	}
	judged("another lab's source under its own subject", own, schemas.CodeWrongSubject)

	// The server sends acknowledgements wherever the publisher asks, with its own rights: {"stream":…,"seq":…}.
	all, err := f.js.Conn().SubscribeSync(">")
	if err == nil {
		err = f.js.Conn().Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	hears := func(subject, text string) {
		t.Helper()
		for {
			m, err := all.NextMsg(10 * time.Second)
			if err != nil {
				t.Fatalf("nothing on %s: %v", subject, err)
			}
			if m.Subject == subject && strings.Contains(string(m.Data), text) {
				return
			}
		}
	}
	elsewhere := func(to string) {
		t.Helper()
		if err := lab.PublishRequest(own, to, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		hears(to, `"stream":"`+schemas.StreamEvents) // it does arrive
	}
	to := schemas.Subject(victim, "machine.usage")
	elsewhere(to)
	judged("an acknowledgement sent as another lab's event", to, schemas.CodeUnknown)
	for _, to := range []string{"$JS.API.STREAM.PURGE." + schemas.StreamEvents, "$JS.API.STREAM.PURGE.KV_" + credentials.Bucket, "$JS.API.STREAM.DELETE." + schemas.StreamEvents,
		"$JS.API.STREAM.DELETE.KV_" + credentials.Bucket, "$JS.API.STREAM.MSG.DELETE.KV_" + credentials.Bucket,
		"$JS.API.CONSUMER.PAUSE." + schemas.StreamEvents + "." + schemas.ConsumerDurable, "$JS.API.CONSUMER.DELETE." + schemas.StreamEvents + "." + schemas.ConsumerDurable} {
		elsewhere(to)
		hears("$JS.EVENT.ADVISORY.API", to) // it was dealt with
		rows = append(rows, table.Row{"lab: an acknowledgement sent to " + strings.TrimPrefix(to, "$JS.API."), "JetStream (strict)"})
	}
	// A header that would replace everything before it, in a stream that allows it.
	rollup := nats.NewMsg(own)
	rollup.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupAll)
	js, err := jetstream.New(lab)
	if err != nil {
		t.Fatal(err)
	}
	var api *jetstream.APIError
	if _, err := js.PublishMsg(t.Context(), rollup); !errors.As(err, &api) {
		t.Errorf("a message that replaces the stream: %v", err)
	}
	rows = append(rows, table.Row{"lab: a message that replaces all before it", "JetStream"})
	for _, key := range []string{victim, victim + ".0123456789abcdef"} {
		elsewhere("$KV." + credentials.Bucket + "." + key)
	}
	return rows
}

// unharmed looks whether everything is still there after all of it; it says how much nonsense a
// verifier counted and logged while it read the bucket.
func (f *fortress) unharmed(t *testing.T) (counted, logged int) {
	t.Helper()
	if c, err := f.js.Consumer(t.Context(), schemas.StreamEvents, schemas.ConsumerDurable); err != nil || c.CachedInfo().Paused {
		t.Errorf("the pipeline's consumer is gone or held: %v", err)
	}
	metrics, log := prometheus.NewRegistry(), &lockedBuffer{}
	verifier, err := credentials.NewVerifier(credentials.VerifierConfig{JetStream: f.js, Registerer: metrics, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- verifier.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	testkit.Eventually(t, 10*time.Second, verifier.Ready)
	testkit.Eventually(t, 10*time.Second, func() error {
		if n := strings.Count(log.String(), "is ignored"); n < 2 {
			return fmt.Errorf("%d of 2 seen", n)
		}
		return nil
	})
	if who, err := verifier.Verify(f.token[victim]); err != nil || who.Lab != victim {
		t.Errorf("the other lab's token gives %+v, %v", who, err)
	}
	if _, err := f.registry.Rotate(t.Context(), victim, 0); err != nil {
		t.Errorf("the other lab's credentials can't be replaced: %v", err)
	}
	for name, first := range map[string]uint64{schemas.StreamEvents: 1, schemas.StreamRejected: 0, "KV_" + credentials.Bucket: 1} {
		stream, err := f.js.Stream(t.Context(), name)
		if err != nil {
			t.Errorf("stream %s: %v", name, err)
			continue
		}
		if state := stream.CachedInfo().State; state.Msgs > 0 && (state.FirstSeq != first || state.NumDeleted > 0) || first > 0 && state.Msgs == 0 {
			t.Errorf("stream %s: %+v", name, state)
		}
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "vitrine_credentials_unreadable_total" {
			counted = int(family.GetMetric()[0].GetCounter().GetValue())
		}
	}
	return counted, strings.Count(log.String(), "is ignored")
}
