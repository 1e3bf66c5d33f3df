package chd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// setting is one of ClickHouse's settings, as a request names it.
type setting struct{ name, value string }

// connState is what a connection was brought into before it was handed out.
// Connections in the same state are interchangeable; a connection whose state a
// statement changed (SET, USE, temporary tables) is closed, not reused. That
// costs about a millisecond, and nothing leaks.
type connState struct {
	reader   bool   // held to reading
	readonly bool   // the request came by GET
	database string // "" means default
	settings string // canonical form of the settings
}

// pooledConn is a connection in a known state.
type pooledConn struct {
	*conn
	state connState
	spent bool // to be closed, not reused
}

// pool hands out connections, up to a number of statements at once.
type pool struct {
	engine *engine
	cfg    Config
	slots  chan struct{} // one element per statement that runs

	mu     sync.Mutex
	idle   []*pooledConn // the last used at the end
	closed bool
}

func newPool(e *engine, cfg Config) *pool {
	return &pool{engine: e, cfg: cfg, slots: make(chan struct{}, cfg.Pool)}
}

// enter waits for a turn; leave gives it back.
func (p *pool) enter(ctx context.Context) error { return enter(ctx, p.slots, p.cfg.QueueTimeout) }

// enter takes one of the slots, waiting for it at most so long.
func enter(ctx context.Context, slots chan struct{}, timeout time.Duration) error {
	select {
	case slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return newException(codeQueryWasCancelled, "QUERY_WAS_CANCELLED", "The client went away while the query waited for its turn")
	case <-timer.C:
		return newException(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES",
			"Too many simultaneous queries: %d are running, and none ended within %s", cap(slots), timeout)
	}
}

func (p *pool) leave() { <-p.slots }

// take returns a connection in the state that settings and database ask for. It
// is called between enter and leave.
func (p *pool) take(state connState, settings []setting) (*pooledConn, error) {
	p.mu.Lock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if c := p.idle[i]; c.state == state {
			p.idle = slices.Delete(p.idle, i, i+1)
			p.mu.Unlock()
			return c, nil
		}
	}
	p.mu.Unlock()
	c, err := p.engine.lib.open(p.engine.args)
	if err != nil {
		return nil, err
	}
	if err := bring(c, p.cfg, state, settings); err != nil {
		c.close()
		return nil, err
	}
	return &pooledConn{conn: c, state: state}, nil
}

// fresh returns a connection in its first state, for a session or for
// temporary tables; it is closed in the end, not given back.
func (p *pool) fresh() (*conn, error) { return p.engine.lib.open(p.engine.args) }

// bring puts a connection into the state.
func bring(c *conn, cfg Config, state connState, settings []setting) error {
	if state.reader {
		for _, sql := range readerSettings(cfg) {
			if err := c.exec(sql); err != nil {
				return fmt.Errorf("chd: prepare a reader's connection: %w", err)
			}
		}
	}
	if state.database != "" {
		if err := c.exec("USE " + quoteName(state.database)); err != nil {
			return err
		}
	}
	if len(settings) > 0 {
		if err := c.exec(setStatement(settings)); err != nil {
			return err
		}
	}
	if state.reader || state.readonly {
		if err := c.exec("SET readonly = 2"); err != nil {
			return err
		}
	}
	return nil
}

func setStatement(settings []setting) string {
	parts := make([]string, len(settings))
	for i, s := range settings {
		parts[i] = quoteName(s.name) + " = " + quoteString(s.value)
	}
	return "SET " + strings.Join(parts, ", ")
}

// put gives a connection back.
func (p *pool) put(c *pooledConn) {
	if c.spent {
		c.close()
		return
	}
	p.mu.Lock()
	var old *pooledConn
	if p.closed {
		old = c
	} else {
		p.idle = append(p.idle, c)
		if len(p.idle) > cap(p.slots) {
			old = p.idle[0]
			p.idle = slices.Delete(p.idle, 0, 1)
		}
	}
	p.mu.Unlock()
	if old != nil {
		old.close()
	}
}

// close closes the idle connections, and those that are still out as they come back.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}

// canonical is the same for the same settings, whatever their order.
func canonical(settings []setting) string {
	if len(settings) == 0 {
		return ""
	}
	sorted := slices.Clone(settings)
	slices.SortFunc(sorted, func(a, b setting) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for _, s := range sorted {
		fmt.Fprintf(&b, "%q=%q,", s.name, s.value)
	}
	return b.String()
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\x00", `\0`).Replace(s) + "'"
}
