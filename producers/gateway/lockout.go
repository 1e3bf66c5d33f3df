package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// lockoutFor is how long failures count, from an address's first one on.
	lockoutFor = time.Minute
	// maxAddresses bounds the memory that somebody with many addresses can take: about 10 MB.
	maxAddresses = 100_000
)

// lockout counts wrong tokens by address.
type lockout struct {
	max   int
	clock func() time.Time

	mu       sync.Mutex
	failures map[netip.Addr]*failures
}

type failures struct {
	since time.Time
	n     int
}

func newLockout(limit int, clock func() time.Time) *lockout {
	return &lockout{max: limit, clock: clock, failures: map[netip.Addr]*failures{}}
}

// locked is how long an address is refused still; 0 if it isn't.
func (l *lockout) locked(from netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.failures[from]
	if f == nil || f.n < l.max {
		return 0
	}
	return max(0, lockoutFor-l.clock().Sub(f.since))
}

// failed counts a wrong token.
func (l *lockout) failed(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	f := l.failures[from]
	if f == nil || now.Sub(f.since) >= lockoutFor {
		if len(l.failures) >= maxAddresses {
			l.forget(now)
		}
		f = &failures{since: now}
		l.failures[from] = f
	}
	f.n++
}

// forget drops what counts no more; all of it, should everything still count.
func (l *lockout) forget(now time.Time) {
	for a, f := range l.failures {
		if now.Sub(f.since) >= lockoutFor {
			delete(l.failures, a)
		}
	}
	if len(l.failures) >= maxAddresses {
		clear(l.failures)
	}
}

// Remote is where a request came from: the connection's other end or, behind trusted proxies, the last
// address in X-Forwarded-For that isn't one of them.
func (g *Gateway) Remote(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, _ := netip.ParseAddr(host) // a test's or a socket's: all of those count as one
	at = at.Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(g.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(at) }) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = before.Unmap()
	}
	if at.Is6() {
		network, _ := at.Prefix(64) // one subscriber has a whole /64
		return network.Addr()
	}
	return at
}
