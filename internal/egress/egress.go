// Package egress holds connections that somebody else's words lead to - a name in somebody else's DNS, an address in a
// configuration - away from where nobody means them to go: the cloud's metadata service, this machine, the network
// behind the firewall. It looks at the address that is really dialled, so a name that changes its mind (DNS rebinding)
// gains nothing by it. It imports none of ours.
package egress

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Rule says where connections may go.
type Rule struct {
	// Private allows addresses of this machine and of private networks. Link-local ones, where clouds serve their
	// machines' credentials, and those of no single machine are never allowed.
	Private bool
}

// Forbidden is the error of a connection that the rule doesn't allow. Trying again changes nothing.
type Forbidden struct {
	Address netip.Addr
	// Private says that [Rule.Private] would have allowed it.
	Private bool
}

func (e *Forbidden) Error() string {
	if e.Private {
		return fmt.Sprintf("%s is an address of this machine or of a private network", e.Address)
	}
	return fmt.Sprintf("%s is no address of a server (link-local, multicast or none)", e.Address)
}

// Check says whether an address may be connected to; its error is [Forbidden].
func (r Rule) Check(address netip.Addr) error {
	for _, a := range meant(address) {
		switch {
		case never(a):
			return &Forbidden{Address: address}
		case private(a) && !r.Private:
			return &Forbidden{Address: address, Private: true}
		}
	}
	return nil
}

// Control is [net.Dialer]'s: it runs between resolving the name and connecting, for each address that is tried.
func (r Rule) Control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("egress: %q isn't an address: %w", address, err)
	}
	return r.Check(at.Addr())
}

// Names says whether a host's name itself says that it is this machine or in a private network: whoever wrote it meant
// that, an IP address, localhost, a name without a dot or below a domain that is never public.
func Names(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// Transport is an [http.Transport] that connects to host under the rule, and to a proxy of the environment's, which
// the operator chose, without it.
func Transport(host string, rule Rule) *http.Transport {
	free := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	held := &net.Dialer{Timeout: free.Timeout, KeepAlive: free.KeepAlive, Control: rule.Control}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if to, _, err := net.SplitHostPort(address); err == nil && !strings.EqualFold(to, strings.Trim(host, "[]")) {
				return free.DialContext(ctx, network, address)
			}
			return held.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second, MaxIdleConns: 10,
		ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: 256 << 10,
	}
}

// never are addresses that no server has: link-local ones are the metadata services' too.
func never(a netip.Addr) bool {
	return !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || within(a, "0.0.0.0/8", "240.0.0.0/4", "fd00:ec2::/32")
}

func private(a netip.Addr) bool {
	return a.IsLoopback() || a.IsPrivate() || within(a, "100.64.0.0/10", "198.18.0.0/15", "fec0::/10")
}

func within(a netip.Addr, networks ...string) bool {
	for _, n := range networks {
		if netip.MustParsePrefix(n).Contains(a) {
			return true
		}
	}
	return false
}

// meant are an address and the IPv4 address that it stands for: mapped, translated (NAT64) or tunnelled (6to4).
func meant(a netip.Addr) []netip.Addr {
	a = a.Unmap().WithZone("")
	out := []netip.Addr{a}
	if !a.Is6() {
		return out
	}
	raw := a.As16()
	switch {
	case within(a, "64:ff9b::/96", "64:ff9b:1::/48", "::/96") && !a.IsLoopback() && !a.IsUnspecified():
		out = append(out, netip.AddrFrom4([4]byte(raw[12:16])))
	case within(a, "2002::/16"):
		out = append(out, netip.AddrFrom4([4]byte(raw[2:6])))
	}
	return out
}
