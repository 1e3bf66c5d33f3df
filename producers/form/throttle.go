package form

import (
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// An address that has given maxFailures wrong tokens within failureWindow must wait. Tokens hold
// 256 bits: this keeps the log readable, it isn't what protects them.
const (
	maxFailures   = 10
	failureWindow = time.Minute
	maxAddresses  = 10_000
)

// throttle counts wrong tokens by remote address.
type throttle struct {
	mu     sync.Mutex
	counts map[netip.Addr]failures
}

type failures struct {
	n     int
	since time.Time
}

// blocked says whether an address must wait.
func (t *throttle) blocked(address netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.counts[address]
	return f.n >= maxFailures && now.Sub(f.since) < failureWindow
}

// failed counts one.
func (t *throttle) failed(address netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.counts) >= maxAddresses {
		for a, f := range t.counts {
			if now.Sub(f.since) >= failureWindow {
				delete(t.counts, a)
			}
		}
		if len(t.counts) >= maxAddresses { // an attack from everywhere: memory matters more
			clear(t.counts)
		}
	}
	f := t.counts[address]
	if now.Sub(f.since) >= failureWindow {
		f = failures{since: now}
	}
	f.n++
	t.counts[address] = f
}

// connectedFrom is the other end of a request's connection; a test's or a socket's, which is none, count as one.
func connectedFrom(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap()
}
