package producers

import (
	"sync/atomic"
	"time"
)

// moveAfter is for how long a server may acknowledge nothing before another one is tried: above what a cluster
// takes to elect a stream's leader (4 to 9 s).
const moveAfter = 10 * time.Second

// patience is since when a connection's server has acknowledged nothing of what it was sent, in Unix nanoseconds; 0: it did.
type patience struct{ since atomic.Int64 }

// answered tells of an acknowledgement.
func (p *connection) answered() { p.patience.since.Store(0) }

// unanswered tells of an attempt that failed. A server that is cut off from its cluster keeps its clients and
// stores nothing: after a while the connection goes on to the next server, where there are several.
func (p *connection) unanswered() {
	l := p.live.Load()
	if l == nil || !l.conn.IsConnected() || len(l.conn.Servers()) < 2 {
		return
	}
	now := time.Now()
	since := p.patience.since.Load()
	switch {
	case since == 0:
		p.patience.since.CompareAndSwap(0, now.UnixNano())
	case now.Sub(time.Unix(0, since)) > moveAfter && p.patience.since.CompareAndSwap(since, now.UnixNano()):
		p.cfg.Logger.Warn("NATS server acknowledges nothing, trying another one", "url", l.conn.ConnectedUrlRedacted(), "for", now.Sub(time.Unix(0, since)))
		_ = l.conn.ForceReconnect() // it is closed: then there is nothing to move
	}
}
