package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/internal/egress"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

const authorization = "Bearer a-secret-token"

// ask makes a request to a server that answers as handler does, with quick retries.
func ask(t *testing.T, handler http.HandlerFunc, change func(*rest.Config)) (rest.Answer, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	base, err := rest.ParseAddress(server.URL+"/api", false)
	if err != nil {
		t.Fatal(err)
	}
	cfg := rest.Config{System: "Fabman", Base: base, Authorization: authorization, Timeout: 5 * time.Second,
		Retries: 2, RetryWaitMin: time.Millisecond, RetryWaitMax: 2 * time.Millisecond,
		NewToken:    schemas.Text{FR: "Créez-en un autre", EN: "Make another one"},
		AddressHint: schemas.Text{FR: "Par exemple fabman.example.org", EN: "Such as fabman.example.org"}}
	if change != nil {
		change(&cfg)
	}
	client, err := rest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client.Get(t.Context(), "things", url.Values{"limit": {"2"}})
}

func TestGet(t *testing.T) {
	answer, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "7")
		fmt.Fprint(w, r.URL.Path, "?", r.URL.RawQuery, " ", r.Header.Get("Authorization"))
	}, nil)
	if err != nil || string(answer.Body) != "/api/things?limit=2 "+authorization || !strings.HasSuffix(answer.URL, "/api/things?limit=2") {
		t.Errorf("%q, %v", answer.Body, err)
	}
	if n := rest.Total(answer.Header, "X-Total-Count"); n != 7 {
		t.Errorf("a total of %d", n)
	}
	if n := rest.Total(answer.Header, "Total"); n != -1 {
		t.Errorf("a total of %d without a header", n)
	}
}

func TestGetTriesAgain(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"429 with Retry-After": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"an answer cut short": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `[{"id":`)
		},
		"a lost connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			answer, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
				if n.Add(1) < 3 {
					fault(w)
					return
				}
				fmt.Fprint(w, "well")
			}, nil)
			if err != nil || string(answer.Body) != "well" || n.Load() != 3 {
				t.Errorf("%q, %v after %d requests", answer.Body, err, n.Load())
			}
		})
	}
}

func TestGetHonoursRetryAfter(t *testing.T) {
	var first, second time.Time
	_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		second = time.Now()
	}, nil)
	if pause := second.Sub(first); err != nil || pause < time.Second {
		t.Errorf("%v: asked again after %s, was told to wait 1 s", err, pause)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		change  func(*rest.Config)
		is      func(error) bool
		fr, en  string
	}{
		"a refused token": {handler: status(401), is: is[*rest.CredentialsError],
			fr: "Fabman refuse le jeton", en: "Make another one"},
		"a forbidden list": {handler: status(403), is: is[*rest.CredentialsError], fr: "Créez-en un autre", en: "Fabman refuses the token"},
		"a wrong address": {handler: status(404), fr: "vérifiez l'adresse de Fabman. Par exemple", en: "check Fabman's address. Such as",
			is: func(err error) bool { var e *rest.AddressError; return errors.As(err, &e) && e.Code == 404 }},
		"always 500": {handler: status(500), is: is[*rest.UnavailableError], fr: "Fabman ne répond pas", en: "Fabman doesn't answer"},
		"a pause nobody waits out": {is: is[*rest.UnavailableError], fr: "Retry-After: 86400", en: "Retry-After: 86400",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "86400")
				w.WriteHeader(429)
			}},
		"no answer in time": {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			change: func(c *rest.Config) { c.Timeout, c.Retries = 50*time.Millisecond, -1 },
			is: func(err error) bool {
				return is[*rest.UnavailableError](err) && errors.Is(err, context.DeadlineExceeded)
			},
			fr: "pas de réponse à temps. Relancez", en: "doesn't answer"},
		"an endless answer": {handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "[", strings.Repeat(" ", 5000)) },
			change: func(c *rest.Config) { c.MaxBody = 1000 }, is: is[*rest.PageError], fr: "plus de 1000 octets", en: "more than 1000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, c.handler, c.change)
			if err == nil || !c.is(err) {
				t.Fatalf("got %T: %v", err, err)
			}
			var localized interface{ In(schemas.Lang) string }
			if !errors.As(err, &localized) {
				t.Fatalf("%T has no languages", err)
			}
			for lang, want := range map[schemas.Lang]string{schemas.French: c.fr, schemas.English: c.en} {
				if got := localized.In(lang); !strings.Contains(got, want) || strings.Contains(got, "secret") {
					t.Errorf("%s: %s", lang, got)
				}
			}
		})
	}
}

func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}

// A redirection is followed on the same host; elsewhere the token would go with it.
func TestTheTokenStaysWithItsHost(t *testing.T) {
	var stolen atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer elsewhere.Close()
	_, err := ask(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, nil)
	if !is[*rest.AddressError](err) || stolen.Load() != 0 {
		t.Errorf("%d requests went elsewhere: %v", stolen.Load(), err)
	}
	answer, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/things" {
			http.Redirect(w, r, "/new/things", http.StatusMovedPermanently)
			return
		}
		fmt.Fprint(w, r.URL.Path)
	}, nil)
	if err != nil || string(answer.Body) != "/new/things" {
		t.Errorf("%q, %v", answer.Body, err)
	}
}

// TestAPublicNameLeadsNowhereInside: the system's name may be in somebody else's DNS, and lead to this machine or behind the firewall.
func TestAPublicNameLeadsNowhereInside(t *testing.T) {
	for _, c := range []struct {
		address, fr, en string
		forbidden       bool
		change          func(*rest.Config)
	}{
		{"http://169.254.169.254", "adresse d'aucun serveur", "no server's address", true, nil},
		{"http://169.254.169.254", "adresse d'aucun serveur", "no server's address", true, func(c *rest.Config) { c.AllowPrivate = true }},
		{"http://[::ffff:169.254.169.254]", "adresse d'aucun serveur", "no server's address", true, nil},
		{"http://127.0.0.1:1", "connexion refusée. Relancez", "doesn't answer", false, nil}, // the operator wrote the address: asked, and nobody is there
		{"http://fabmanager.example.org:1", "allow-private", "allow-private", true, nil},
		{"http://fabmanager.example.org:1", "ne répond pas", "doesn't answer", false, func(c *rest.Config) { c.AllowPrivate = true }},
	} {
		base, err := rest.ParseAddress(c.address, true)
		if err != nil {
			t.Fatal(err)
		}
		cfg := rest.Config{System: "Fabman", Base: base, Retries: -1}
		if c.change != nil {
			c.change(&cfg)
		}
		if base.Hostname() == "fabmanager.example.org" { // a DNS that says this machine
			transport := rest.Transport(base, cfg.AllowPrivate)
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if err := (egress.Rule{Private: cfg.AllowPrivate}).Control(network, "127.0.0.1:1", nil); err != nil {
					return nil, err
				}
				return dial(ctx, network, "127.0.0.1:1")
			}
			cfg.Transport = transport
		} else {
			cfg.Retries = 0 // what isn't allowed isn't tried again: this would take a minute
			if !c.forbidden {
				cfg.Retries = -1
			}
		}
		client, err := rest.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = client.Get(t.Context(), "things", nil)
		var private *rest.PrivateError
		var said interface{ In(schemas.Lang) string }
		if errors.As(err, &private) != c.forbidden || !errors.As(err, &said) || !strings.Contains(said.In(schemas.French), c.fr) || !strings.Contains(said.In(schemas.English), c.en) {
			t.Errorf("%s: %v", c.address, err)
		}
		if time.Since(began) > 20*time.Second {
			t.Errorf("%s was tried for %s", c.address, time.Since(began))
		}
	}
	t.Log("attempt: have a connector ask the metadata service, or a public name that leads to this machine | refused, and not tried again; a machine that the operator names by its address is asked")
}

func TestGetEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	base, _ := url.Parse(server.URL)
	client, err := rest.New(rest.Config{System: "Fabman", Base: base})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Get(ctx, "", nil); !errors.Is(err, context.DeadlineExceeded) || is[*rest.UnavailableError](err) {
		t.Errorf("got %T: %v", err, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	base, _ := url.Parse("https://fabman.example.org")
	for name, cfg := range map[string]rest.Config{
		"nothing":          {},
		"no address":       {System: "Fabman"},
		"two lines":        {System: "Fabman", Base: base, Authorization: "Bearer a\r\nX: b"},
		"a negative pause": {System: "Fabman", Base: base, RetryWaitMin: -1},
		"crossed pauses":   {System: "Fabman", Base: base, RetryWaitMin: time.Hour},
	} {
		if _, err := rest.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for address, ok := range map[string]bool{
		"https://fabman.example.org/api/v1": true, "http://127.0.0.1:3000": true, "http://localhost": true, "http://[::1]:80": true,
		"http://fabman.example.org": false, "fabman.example.org": false, "": false, "ftp://fabman.example.org": false,
		"https://a:b@fabman.example.org": false, "https://fabman.example.org?x=1": false, "https://[::1": false,
	} {
		if _, err := rest.ParseAddress(address, false); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := rest.ParseAddress("http://fabman.example.org", true); err != nil {
		t.Error(err)
	}
}
