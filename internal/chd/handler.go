package chd

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// prefixBytes is how much of a request is read to find where an INSERT's data begins.
const prefixBytes = 1 << 20

// killEvery is how often a statement to be cancelled is told so, until it ends:
// it may not have reached the engine at the first time.
const killEvery = 100 * time.Millisecond

// handler answers ClickHouse's HTTP interface.
type handler struct {
	cfg      Config
	engine   *engine
	pool     *pool
	sessions *sessions
	quota    *quotaMeter   // of readers
	readers  chan struct{} // one element per statement of a reader that runs
	location *time.Location
	log      *slog.Logger

	mu      sync.Mutex
	running map[string]bool // ids of the queries that run
	stop    context.Context // done: cancel what runs
	active  sync.WaitGroup  // requests that may use a connection
	mending chan struct{}   // has an element while a table is attached anew
	mended  atomic.Int64    // how often that was done
	room    *room
}

// newHandler serves e; when stop is done, what runs is cancelled.
func newHandler(cfg Config, e *engine, stop context.Context) *handler {
	// Only the rewriting of Native needs it, for which any zone would do.
	location, err := time.LoadLocation(e.timezone)
	if err != nil {
		location = time.UTC
	}
	p := newPool(e, cfg)
	return &handler{
		cfg: cfg, engine: e, pool: p, sessions: newSessions(p, cfg), location: location, log: cfg.Logger,
		quota: newQuotaMeter(cfg.AnalystQuota, time.Now), readers: make(chan struct{}, cfg.AnalystStatements),
		running: map[string]bool{}, stop: stop, mending: make(chan struct{}, 1), room: newRoom(cfg.Dir),
	}
}

// close ends the connections; statements must have ended before.
func (h *handler) close() {
	h.sessions.close()
	h.pool.close()
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.checkOrigin(r); err != nil {
		writeException(w, asException(err, h.engine.version))
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Only GET, HEAD and POST are served", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/ping", "/replicas_status":
		writeOK(w)
	case "/", "/query":
		if r.Method != http.MethodPost && r.URL.RawQuery == "" {
			writeOK(w)
			return
		}
		h.serveQuery(w, r)
	default:
		http.Error(w, fmt.Sprintf("There is no handle %s\n\nUse / or /ping for health checks.\nOr /?query= to send queries, or a query in the body of a POST.", r.URL.Path), http.StatusNotFound)
	}
}

func writeOK(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	_, _ = io.WriteString(w, "Ok.\n")
}

// checkOrigin keeps web pages out where no password does: a browser on this
// machine would let any page post to loopback, or reach it under a name that
// resolves to it.
func (h *handler) checkOrigin(r *http.Request) error {
	if h.cfg.Password != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if !isLoopback(strings.Trim(host, "[]")) {
		return newException(codeAccessDenied, "ACCESS_DENIED", "Without a password only requests to a loopback address are served, not to %q", host)
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return newException(codeAccessDenied, "ACCESS_DENIED", "Without a password web pages of other origins aren't served")
	}
	return nil
}

// authenticate returns whether the user is a reader.
func (h *handler) authenticate(q *request) (reader bool, err error) {
	want := ""
	switch {
	case q.user == UserDefault:
		want = h.cfg.Password
	case q.user == UserAnalyst && (h.cfg.AnalystPassword != "" || h.cfg.Password == ""):
		want, reader = h.cfg.AnalystPassword, true
	default:
		// As for a wrong password: who exists is nobody's business.
		return false, authenticationFailed(q.user)
	}
	if want == "" {
		return reader, nil
	}
	if !q.hasPassword {
		return false, newException(codeRequiredPassword, "REQUIRED_PASSWORD", "%s: Authentication failed: password is required", q.user)
	}
	got, expected := sha256.Sum256([]byte(q.password)), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(got[:], expected[:]) != 1 {
		return false, authenticationFailed(q.user)
	}
	return reader, nil
}

func authenticationFailed(user string) error {
	return newException(codeAuthenticationFail, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", user)
}

// serveQuery runs the statement of a request.
func (h *handler) serveQuery(w http.ResponseWriter, r *http.Request) {
	q, err := readRequest(r)
	if err != nil {
		writeException(w, asException(err, h.engine.version))
		return
	}
	defer q.close()
	reader, err := h.authenticate(q)
	if err != nil {
		writeException(w, asException(err, h.engine.version))
		return
	}
	h.active.Add(1)
	defer h.active.Done()
	// A client that sends its data slowly, or never, must not hold up the stop.
	defer context.AfterFunc(h.stop, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now()) })()

	rs := newResponse(w, q, h.engine)
	mended := h.mended.Load()
	job, err := h.plan(q, reader)
	if err == nil {
		err = h.run(r.Context(), q, job, rs)
		rs, err = h.runAgain(r.Context(), q, job, rs, mended, err)
	}
	if err != nil {
		if reader {
			err = readerError(err)
		}
		rs.fail(err)
	}
}

// job is a checked statement, ready to run.
type job struct {
	reader bool
	sql    string
	format string // of the result, or of the data
	writes bool   // it writes data or a table's definition
	reads  bool   // it only reads, so it is cancelled when the client goes
	stream bool   // the result may be streamed
	spends bool   // it changes its connection
	data   io.Reader
}

// plan reads the statement, checks it, and tells how to run it.
func (h *handler) plan(q *request, reader bool) (*job, error) {
	for _, s := range q.settings {
		if err := h.engine.guard.checkSetting(s.name); err != nil {
			return nil, err
		}
		// A reader may ask for what holds anyway.
		if reader && !(s.name == "readonly" && (s.value == "1" || s.value == "2")) {
			if err := checkReaderSetting(s.name); err != nil {
				return nil, err
			}
		}
	}
	if reader {
		if len(q.tables) > 0 {
			return nil, newException(codeReadonly, "READONLY", "Cannot execute query in readonly mode: tables sent along are not for the user analyst")
		}
		if err := readerDatabase(q.database); err != nil {
			return nil, err
		}
	}
	body := q.body
	if q.sql != "" {
		body = io.MultiReader(strings.NewReader(q.sql+"\n"), q.body)
	}
	prefix, err := io.ReadAll(io.LimitReader(body, prefixBytes))
	if err != nil {
		return nil, bodyError(err)
	}
	if head, st, ok := parseInsert(string(prefix)); ok && !head.selects && !head.values && head.format != "" {
		return h.planInsert(reader, head, st, io.MultiReader(strings.NewReader(string(prefix[min(head.data, len(prefix)):])), body))
	}
	text := prefix
	if len(prefix) == prefixBytes {
		rest, err := io.ReadAll(io.LimitReader(body, h.cfg.MaxQuerySize-prefixBytes+1))
		if err != nil {
			return nil, bodyError(err)
		}
		text = append(text, rest...)
	}
	if int64(len(text)) > h.cfg.MaxQuerySize {
		return nil, newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The query is larger than %d bytes", h.cfg.MaxQuerySize)
	}
	return h.planStatement(q, reader, string(text))
}

func (h *handler) planStatement(q *request, reader bool, text string) (*job, error) {
	st := parseStatement(text)
	if err := h.engine.check(st, reader); err != nil {
		return nil, err
	}
	j := &job{reader: reader, sql: st.text, format: st.format()}
	if j.format == "" {
		j.format = q.defaultFormat
	}
	if err := h.engine.guard.checkFormat(j.format); err != nil {
		return nil, err
	}
	switch st.keyword() {
	case "SELECT", "WITH", "FROM":
		j.reads = !st.has("INSERT")
		j.stream = j.reads && streamable(j.format)
	case "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "VALUES":
		j.reads = true // the library streams none of them
	case "SET", "USE":
		j.spends = true
	case "CREATE", "ALTER", "RENAME", "EXCHANGE", "ATTACH":
		if j.writes = !st.has("TEMPORARY"); j.writes {
			if err := h.room.enough(); err != nil {
				return nil, err
			}
		}
	}
	j.writes = j.writes || !j.reads && st.has("INSERT")
	j.spends = j.spends || st.has("TEMPORARY")
	return j, nil
}

// planInsert prepares an INSERT with data in a format.
func (h *handler) planInsert(reader bool, head insertHead, st *statement, data io.Reader) (*job, error) {
	if reader {
		return nil, checkReader(st)
	}
	// The head alone says nothing of what follows it, so it is checked as it is.
	if err := h.engine.check(st, false); err != nil {
		return nil, err
	}
	if err := h.engine.guard.checkFormat(head.format); err != nil {
		return nil, err
	}
	return &job{sql: head.sql, format: head.format, data: data}, nil
}

func bodyError(err error) error {
	var e *Exception
	if errors.As(err, &e) {
		return e
	}
	return newException(codeIncorrectData, "INCORRECT_DATA", "Cannot read the request's body: %s", err)
}

// streamable tells which formats the library can write piece by piece. It
// writes each piece as a document of its own, so a format with a head or a foot
// would have one in each.
func streamable(format string) bool {
	switch strings.ToLower(format) {
	case "native", "rowbinary", "csv", "tsv", "tsvraw", "tabseparated", "tabseparatedraw", "tskv",
		"jsoneachrow", "jsonlines", "jsonl", "ndjson", "jsoncompacteachrow":
		return true
	}
	return false
}

// run takes a connection and runs the job on it.
func (h *handler) run(ctx context.Context, q *request, j *job, rs *response) error {
	if err := h.begin(q.queryID); err != nil {
		return err
	}
	defer h.end(q.queryID)
	if j.reader {
		if err := h.quota.begin(); err != nil {
			return err
		}
		defer func() { h.quota.end(rs.stats()) }()
		// Analysts wait for one another, so that the service never waits for them all.
		if err := enter(ctx, h.readers, h.cfg.QueueTimeout); err != nil {
			return err
		}
		defer func() { <-h.readers }()
	}
	if err := h.pool.enter(ctx); err != nil {
		return err
	}
	defer h.pool.leave()

	if q.sessionID != "" {
		return h.runInSession(ctx, q, j, rs)
	}
	state := connState{reader: j.reader, readonly: q.readonly, database: q.database, settings: canonical(q.settings)}
	if len(q.tables) > 0 {
		c, err := h.pool.fresh()
		if err != nil {
			return err
		}
		defer c.close()
		// Before the rest, because readonly would forbid the filling.
		if err := attachTables(c, h.engine, q.tables); err != nil {
			return err
		}
		if err := bring(c, h.cfg, state, q.settings); err != nil {
			return err
		}
		return h.execute(ctx, c, q, j, rs)
	}
	c, err := h.pool.take(state, q.settings)
	if err != nil {
		return err
	}
	// A panic, by which a result is cut, and any error leave the connection in
	// doubt; it is cheap to replace.
	c.spent = true
	defer func() { h.pool.put(c) }()
	if err := h.execute(ctx, c.conn, q, j, rs); err != nil {
		return err
	}
	c.spent = j.spends
	return nil
}

// runInSession runs the job on the session's own connection.
func (h *handler) runInSession(ctx context.Context, q *request, j *job, rs *response) error {
	ses, err := h.sessions.take(q, j.reader)
	if err != nil {
		return err
	}
	broken := true
	defer func() { h.sessions.put(q, ses, broken) }()
	var e *Exception
	if len(q.tables) > 0 {
		if err := attachTables(ses.conn, h.engine, q.tables); err != nil {
			return err
		}
		defer func() {
			for _, t := range q.tables {
				_ = ses.conn.exec("DROP TEMPORARY TABLE IF EXISTS " + quoteName(t.name))
			}
		}()
	}
	if err := bring(ses.conn, h.cfg, connState{database: q.database}, q.settings); err != nil {
		broken = !errors.As(err, &e)
		return err
	}
	if q.readonly && !ses.reader && !j.reads {
		broken = false
		return newException(codeReadonly, "READONLY", "Cannot execute query in readonly mode: GET doesn't write, use POST")
	}
	err = h.execute(ctx, ses.conn, q, j, rs)
	// An error of ClickHouse's leaves the session as it was; any other ends it.
	broken = err != nil && !errors.As(err, &e)
	return err
}

// begin notes that a query of this id runs.
func (h *handler) begin(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[id] {
		return newException(codeSameQueryIsRunning, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", "Query with id = %s is already running", id)
	}
	h.running[id] = true
	return nil
}

func (h *handler) end(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.running, id)
}

// execute runs the job on a connection, and writes its result.
func (h *handler) execute(ctx context.Context, c *conn, q *request, j *job, rs *response) error {
	tag := newTag()
	watched := h.stop
	if j.reads {
		// ClickHouse too lets a write go on when its client has gone.
		var cancel context.CancelFunc
		watched, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(h.stop, cancel)()
	}
	defer h.killOnDone(watched, tag)()

	var err error
	switch {
	case j.data != nil:
		err = h.executeInsert(c, q, j, rs, tag)
	case j.stream:
		err = h.executeStream(watched, c, q, j, rs, tagged(j.sql, tag))
	default:
		err = h.executeWhole(c, q, j, rs, tagged(j.sql, tag))
	}
	var e *Exception
	if errors.As(err, &e) {
		// The message may quote the statement; the tag is none of the client's business.
		e.Message = strings.NewReplacer(" /*"+tag+"*/ ", "", " /*"+tag+"*/", "").Replace(e.Message)
	}
	return err
}

// killOnDone cancels the statement when ctx is done, until the returned
// function is called, which waits for the last attempt.
func (h *handler) killOnDone(ctx context.Context, tag string) func() {
	ended := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		ticker := time.NewTicker(killEvery)
		defer ticker.Stop()
		for {
			if err := h.engine.kill(tag); err != nil {
				h.log.Warn("cancel a statement", "error", err)
			}
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		close(ended)
		<-gone
	}
}

// executeInsert pushes the data of an INSERT.
func (h *handler) executeInsert(c *conn, q *request, j *job, rs *response, tag string) error {
	end := h.room.write()
	total, err := insertData(c, taggedAhead(j.sql, tag), j.format, q.params, j.data)
	if full := end(); err == nil {
		err = full
	}
	if err != nil {
		return err
	}
	rs.stats = func() stats { return total }
	return rs.finish()
}

// insertData runs an INSERT with data from src.
func insertData(c *conn, sql, format string, params []param, src io.Reader) (stats, error) {
	in, err := c.insert(sql, format, params)
	if err != nil {
		return stats{}, err
	}
	defer in.close()
	buf := make([]byte, 256<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 && !in.append(buf[:n]) {
			break // done tells why
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return stats{}, bodyError(err)
		}
	}
	return in.done()
}

// executeWhole runs a statement to its end, then writes the result.
func (h *handler) executeWhole(c *conn, q *request, j *job, rs *response, sql string) error {
	end := func() error { return nil }
	if j.writes {
		end = h.room.write()
	}
	r, err := c.query(sql, j.format, q.params)
	full := end()
	if err != nil {
		return err
	}
	defer r.close()
	if full != nil {
		return full
	}
	total := r.stats()
	rs.stats = func() stats { return total }
	if data := r.bytes(); len(data) > 0 {
		rs.setFormat(j.format)
		sent := false
		if err := h.write(q, j, rs, func() ([]byte, error) {
			if sent {
				return nil, io.EOF
			}
			sent = true
			return data, nil
		}); err != nil {
			return err
		}
	}
	return rs.finish()
}

// executeStream writes the result as it arrives.
func (h *handler) executeStream(ctx context.Context, c *conn, q *request, j *job, rs *response, sql string) error {
	s, err := c.stream(sql, j.format, q.params)
	if err != nil {
		return err
	}
	defer s.close()
	rs.stats = func() stats { return s.total }
	rs.setFormat(j.format)
	err = h.write(q, j, rs, func() ([]byte, error) {
		if ctx.Err() != nil {
			return nil, newException(codeQueryWasCancelled, "QUERY_WAS_CANCELLED", "Query was cancelled")
		}
		return s.next()
	})
	if err != nil {
		return err
	}
	return rs.finish()
}

// write copies the pieces of a result, rewritten where the client expects it.
func (h *handler) write(q *request, j *job, rs *response, next func() ([]byte, error)) error {
	if !strings.EqualFold(j.format, "Native") || q.revision == 0 {
		for {
			data, err := next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if _, err := rs.Write(data); err != nil {
				return err
			}
		}
	}
	rewriter := newNativeRewriter(&streamReader{next: next}, q.revision, h.location)
	var block []byte
	for {
		var err error
		block, err = rewriter.next(block[:0])
		if errors.Is(err, io.EOF) && len(block) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := rs.Write(block); err != nil {
			return err
		}
	}
}

// newTag marks a statement, so that it can be found among those that run.
func newTag() string { return "vtr_" + strings.ReplaceAll(newQueryID(), "-", "") }

// tagKept is how far into a statement a tag is sure to be seen: the list of
// running statements shows no more than their first 100,000 bytes
// (log_queries_cut_to_length).
const tagKept = 90_000

// tagged appends the tag as a comment, where it moves nothing that the engine's
// messages point at.
func tagged(sql, tag string) string {
	if len(sql) > tagKept || strings.EqualFold(sql[:min(6, len(sql))], "INSERT") {
		return taggedAhead(sql, tag)
	}
	return sql + " /*" + tag + "*/"
}

// taggedAhead puts the tag after the first word.
func taggedAhead(sql, tag string) string {
	l := &lexer{src: sql}
	t, ok := l.next()
	if !ok {
		return sql
	}
	return sql[:t.end] + " /*" + tag + "*/ " + sql[t.end:]
}
