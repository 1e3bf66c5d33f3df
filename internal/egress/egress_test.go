package egress

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

// TestAddresses tries where a name may lead, however the address is written.
func TestAddresses(t *testing.T) {
	const public, local, none = "public", "private", "never"
	inside := 0
	for address, want := range map[string]string{
		"93.184.216.34": public, "2606:2800:220:1::1": public, "8.8.8.8": public, "172.32.0.1": public, "100.128.0.1": public,
		"127.0.0.1": local, "127.8.8.8": local, "::1": local, "10.0.0.1": local, "172.16.0.1": local, "192.168.1.1": local, "100.64.1.1": local, "fd12::1": local, "100.100.100.200": local,
		"::ffff:127.0.0.1": local, "::ffff:10.1.2.3": local, "64:ff9b::7f00:1": local, "2002:7f00:1::": local, "2002:c0a8:101::1": local, "::10.0.0.1": local,
		"169.254.169.254": none, "::ffff:169.254.169.254": none, "64:ff9b::a9fe:a9fe": none, "2002:a9fe:a9fe::": none, "fe80::1%eth0": none, "fd00:ec2::254": none,
		"0.0.0.0": none, "0.1.2.3": none, "::": none, "224.0.0.1": none, "ff02::1": none, "255.255.255.255": none,
	} {
		a := netip.MustParseAddr(address)
		var f *Forbidden
		strict, lax := Rule{}.Check(a), Rule{Private: true}.Check(a)
		got := public
		if errors.As(strict, &f) {
			got = map[bool]string{true: local, false: none}[f.Private]
		}
		if want != public {
			inside++
		}
		if got != want || (lax != nil) != (want == none) {
			t.Errorf("%s is %s (%v, allowed private: %v), want %s", address, got, strict, lax, want)
		}
	}
	t.Logf("attempt: reach the metadata service, this machine and private networks by %d spellings (mapped, NAT64, 6to4, zones) | each is told for what it is", inside)
}

func TestNames(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "fabmanager": true, "fabmanager.lan": true, "FAB.local.": true, "192.168.1.4": true, "[::1]": true, "nas.home.arpa": true,
		"fabmanager.example.org": false, "local.example.org": false, "192.168.1.4.nip.io": false, "example.org.": false,
	} {
		if got := Names(host); got != want {
			t.Errorf("%s: %t, want %t", host, got, want)
		}
	}
}

// TestRebinding: a public name that leads to this machine isn't connected to, whatever the name said before; the server never sees a byte.
func TestRebinding(t *testing.T) {
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached++
		_, _ = io.WriteString(w, "inside")
	}))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	// The dialler resolves the name; this machine's resolver gives 127.0.0.1 for this one, as a hostile DNS would for any.
	name := "http://localhost:" + at.Port()
	for _, c := range []struct {
		rule Rule
		want int
	}{{Rule{}, 0}, {Rule{Private: true}, 1}} {
		transport := Transport("localhost", c.rule)
		resp, err := (&http.Client{Transport: transport}).Get(name)
		if err == nil {
			_ = resp.Body.Close()
		}
		var f *Forbidden
		if (c.want == 0) != errors.As(err, &f) || reached != c.want {
			t.Errorf("%+v: %v, the server was reached %d times, want %d", c.rule, err, reached, c.want)
		}
		transport.CloseIdleConnections()
	}
	t.Log("attempt: a public name that resolves to 127.0.0.1 (DNS rebinding) | not connected: the address that is dialled counts")
}

// TestAProxyIsTheOperators: what isn't the host itself is a proxy of the environment's.
func TestAProxyIsTheOperators(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := Transport("fabmanager.example.org", Rule{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

// FuzzCheck: no spelling of an address panics, and what isn't allowed with private networks isn't without.
func FuzzCheck(f *testing.F) {
	f.Add("127.0.0.1:80")
	f.Add("[fe80::1%lo]:80")
	f.Add("[::ffff:169.254.169.254]:443")
	f.Fuzz(func(t *testing.T, address string) {
		strict, lax := Rule{}.Control("tcp", address, nil), Rule{Private: true}.Control("tcp", address, nil)
		if lax != nil && strict == nil {
			t.Errorf("%q: allowed by the stricter rule alone", address)
		}
	})
}
