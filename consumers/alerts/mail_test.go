package alerts

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/tls"
	"crypto/x509"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"vitrine/schemas"
)

// postOffice is a mail server that keeps what it gets.
type postOffice struct {
	mu     sync.Mutex
	refuse error // what it answers to a recipient
	got    []string
	to     []string
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{office: p}, nil }

type counter struct {
	office *postOffice
	known  bool
	to     string
}

func (*counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if c.known = user == "vitrine" && password == "s3cret"; !c.known {
			return errors.New("unknown")
		}
		return nil
	}), nil
}

func (c *counter) Mail(string, *smtp.MailOptions) error {
	if !c.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.to = to
	return c.office.refuse
}

func (c *counter) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.got, c.office.to = append(c.office.got, string(raw)), append(c.office.to, c.to)
	return err
}

func (*counter) Reset()        {}
func (*counter) Logout() error { return nil }

// open runs a mail server that offers STARTTLS, or TLS from the start; its certificate is for 127.0.0.1.
func (p *postOffice) open(t *testing.T, direct bool) (address string, trust *tls.Config) {
	t.Helper()
	certified := httptest.NewTLSServer(nil) // only for its certificate
	defer certified.Close()
	server := smtp.NewServer(p)
	server.Domain, server.TLSConfig = "mail.example.org", certified.TLS.Clone()
	server.TLSConfig.NextProtos = nil
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	if direct {
		l = tls.NewListener(l, server.TLSConfig)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(l) // until it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-stopped
	})
	return address, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

func newMail(t *testing.T, url string, trust *tls.Config, lang schemas.Lang) *Mail {
	t.Helper()
	m, err := NewMail(MailConfig{Server: url, Password: "s3cret", From: "Vitrine <vitrine@example.org>", To: "suivi@programme.example.org",
		Letterhead: Letterhead{Lang: lang, PublicURL: "https://vitrine.example.org"}, TLS: trust})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestADigestByMail(t *testing.T) {
	for _, direct := range []bool{false, true} {
		office := &postOffice{}
		address, trust := office.open(t, direct)
		scheme := map[bool]string{false: "smtp", true: "smtps"}[direct]
		m := newMail(t, scheme+"://vitrine@"+address, trust, schemas.French)
		d := aDigest(t, schemas.French)
		for range 2 { // sent again, it is the same mail
			if err := m.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if len(office.got) != 2 || office.to[0] != "suivi@programme.example.org" {
			t.Fatalf("%d mails to %v", len(office.got), office.to)
		}
		subjects := map[string]bool{}
		for _, raw := range office.got {
			header, parts := opened(t, raw)
			subjects[header.Get("Message-ID")+header.Get("Date")] = true
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			if err != nil || subject != "Vitrine\u00a0: 2\u00a0nouvelles alertes, 1\u00a0levée" {
				t.Errorf("subject %q, %v", subject, err)
			}
			if header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("%v", header)
			}
			if plain := parts["text/plain"]; strings.ReplaceAll(plain, "\r\n", "\n") != d.Text {
				t.Errorf("the text is\n%s", plain)
			}
			page := parts["text/html"]
			for _, want := range []string{`<a href="https://vitrine.example.org/programme/labs/atelier-nord"`, "phrase &lt;c1&gt;", "<html lang=\"fr\">", "Auparavant"} {
				if !strings.Contains(page, want) {
					t.Errorf("no %q in\n%s", want, page)
				}
			}
		}
		if len(subjects) != 1 {
			t.Errorf("sent again, it has another id or date: %v", subjects)
		}
	}
}

// opened reads a mail: its header and its parts by their type.
func opened(t *testing.T, raw string) (mail.Header, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for reader := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts[kind] = string(text)
	}
}

// A mail server that refuses, is down or can't be trusted takes nothing, and the error names no address of a person.
func TestAMailServerThatFails(t *testing.T) {
	office := &postOffice{}
	address, trust := office.open(t, false)
	d := aDigest(t, schemas.English)
	good := newMail(t, "smtp://vitrine@"+address, trust, schemas.English)
	refused := func(name string, m *Mail) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := m.Send(ctx, d); err == nil || strings.Contains(err.Error(), "suivi@") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, answer := range map[string]*smtp.SMTPError{
		"busy":    {Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "suivi@programme.example.org: try later"},
		"unknown": {Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "suivi@programme.example.org: no such user"},
	} {
		office.refuse = answer
		refused(name, good)
	}
	office.refuse = nil
	wrong := newMail(t, "smtp://vitrine@"+address, trust, schemas.English)
	wrong.config.Password = "wrong"
	refused("wrong password", wrong)
	refused("a stranger's certificate", newMail(t, "smtp://vitrine@"+address, nil, schemas.English))
	if len(office.got) != 0 {
		t.Fatalf("%d mails were taken", len(office.got))
	}
	if err := good.Send(t.Context(), d); err != nil || len(office.got) != 1 {
		t.Errorf("%v, %d mails", err, len(office.got))
	}

	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	hung := newMail(t, "smtp://vitrine@"+silent.Addr().String(), trust, schemas.English)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := hung.Send(ctx, d); err == nil {
		t.Error("a silent server took a mail")
	}
	silent.Close()
	refused("down", hung)
}

func TestMailIsConfigured(t *testing.T) {
	ok := MailConfig{Server: "smtp://vitrine@mail.example.org", From: "a@example.org", To: "b@example.org"}
	m, err := NewMail(ok)
	if err != nil || m.port != 587 || strings.Contains(m.Name(), "@") || m.Name() == "" {
		t.Fatalf("%+v, %v", m, err)
	}
	for name, change := range map[string]func(*MailConfig){
		"no server":                  func(c *MailConfig) { c.Server = "" },
		"another protocol":           func(c *MailConfig) { c.Server = "http://mail.example.org" },
		"a password in the address":  func(c *MailConfig) { c.Server = "smtp://u:s3cret@mail.example.org" },
		"no sender":                  func(c *MailConfig) { c.From = "" },
		"a recipient that isn't one": func(c *MailConfig) { c.To = "suivi" },
		"another language":           func(c *MailConfig) { c.Letterhead.Lang = "de" },
	} {
		c := ok
		change(&c)
		if _, err := NewMail(c); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
