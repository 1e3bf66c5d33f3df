package session

import (
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// An address that has given MaxFailures wrong tokens within FailureWindow must wait. Tokens hold
// 256 bits: this keeps the log readable, it isn't what protects them.
const (
	MaxFailures   = 10
	FailureWindow = time.Minute
	maxAddresses  = 10_000
)

// Throttle counts wrong tokens by remote address. The zero Throttle is ready, and safe for concurrent use.
type Throttle struct {
	mu     sync.Mutex
	counts map[netip.Addr]failures
}

type failures struct {
	n     int
	since time.Time
}

// Blocked says whether an address must wait.
func (t *Throttle) Blocked(address netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.counts[address]
	return f.n >= MaxFailures && now.Sub(f.since) < FailureWindow
}

// Failed counts one.
func (t *Throttle) Failed(address netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[netip.Addr]failures{}
	}
	if len(t.counts) >= maxAddresses {
		for a, f := range t.counts {
			if now.Sub(f.since) >= FailureWindow {
				delete(t.counts, a)
			}
		}
		if len(t.counts) >= maxAddresses { // an attack from everywhere: memory matters more
			clear(t.counts)
		}
	}
	f := t.counts[address]
	if now.Sub(f.since) >= FailureWindow {
		f = failures{since: now}
	}
	f.n++
	t.counts[address] = f
}

// ConnectedFrom is the other end of a request's connection; a test's or a socket's, which is none, count as one.
func ConnectedFrom(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap()
}
