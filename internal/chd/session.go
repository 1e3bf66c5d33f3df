package chd

import (
	"sync"
	"time"
)

// sessions keeps the connections of requests with a session_id: their settings
// and temporary tables live until the session's timeout.
type sessions struct {
	pool *pool
	cfg  Config

	mu     sync.Mutex
	byID   map[string]*session
	closed bool
}

// session is one connection, used by one request at a time.
type session struct {
	conn  *conn
	busy  bool
	timer *time.Timer
	// base is the state that the next statement's own settings are undone to; a
	// session remembers the database and settings of each request, as ClickHouse's does.
	reader bool
}

func newSessions(p *pool, cfg Config) *sessions {
	return &sessions{pool: p, cfg: cfg, byID: map[string]*session{}}
}

// take returns the request's session, a new one unless it must exist.
func (s *sessions) take(q *request, reader bool) (*session, error) {
	key := q.user + "\x00" + q.sessionID
	s.mu.Lock()
	defer s.mu.Unlock()
	if ses, ok := s.byID[key]; ok {
		if ses.busy {
			return nil, newException(codeSessionIsLocked, "SESSION_IS_LOCKED", "Session %s is locked by a concurrent client", q.sessionID)
		}
		ses.busy = true
		ses.timer.Stop()
		return ses, nil
	}
	switch {
	case q.sessionCheck:
		return nil, newException(codeSessionNotFound, "SESSION_NOT_FOUND", "Session %s not found", q.sessionID)
	case s.closed:
		return nil, newException(codeAborted, "ABORTED", "The server is stopping")
	case len(s.byID) >= s.cfg.Pool:
		return nil, newException(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many sessions: %d are open; close one or wait for its timeout", len(s.byID))
	}
	c, err := s.pool.fresh()
	if err != nil {
		return nil, err
	}
	if reader {
		if err := bring(c, s.cfg, connState{reader: true}, nil); err != nil {
			c.close()
			return nil, err
		}
	}
	ses := &session{conn: c, busy: true, reader: reader}
	// Armed by put; until then it must not fire.
	ses.timer = time.AfterFunc(time.Hour*24*365, func() { s.expire(key, ses) })
	s.byID[key] = ses
	return ses, nil
}

// put ends a request's use of its session; a broken session is dropped.
func (s *sessions) put(q *request, ses *session, broken bool) {
	key := q.user + "\x00" + q.sessionID
	s.mu.Lock()
	ses.busy = false
	drop := broken || s.closed
	if drop {
		delete(s.byID, key)
		ses.timer.Stop()
	} else {
		ses.timer.Reset(q.sessionTimeout)
	}
	s.mu.Unlock()
	if drop {
		ses.conn.close()
	}
}

func (s *sessions) expire(key string, ses *session) {
	s.mu.Lock()
	if ses.busy || s.byID[key] != ses {
		s.mu.Unlock()
		return
	}
	delete(s.byID, key)
	s.mu.Unlock()
	ses.conn.close()
}

// close ends the idle sessions, and the busy ones as they come back.
func (s *sessions) close() {
	s.mu.Lock()
	s.closed = true
	var idle []*session
	for key, ses := range s.byID {
		if !ses.busy {
			idle = append(idle, ses)
			ses.timer.Stop()
			delete(s.byID, key)
		}
	}
	s.mu.Unlock()
	for _, ses := range idle {
		ses.conn.close()
	}
}
