package alerts

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"vitrine/schemas"
)

// MailConfig says how digests are mailed to one address.
type MailConfig struct {
	// Server is smtp://[user@]host[:port] (STARTTLS, which a server on another machine must offer; port 587) or
	// smtps://[user@]host[:port] (TLS from the start; port 465).
	Server string
	// Password is the user's; it isn't sent without TLS, but to this machine.
	Password string
	// From and To are addresses; To is one of the programme's. Neither appears in logs, errors or names.
	From, To string
	// Letterhead words the mails.
	Letterhead Letterhead
	// TLS is for tests: default the system's roots.
	TLS *tls.Config
}

// Mail mails digests to one address. The server has taken one when it answers the message's end with 250.
type Mail struct {
	config MailConfig
	name   string
	host   string
	port   int
	user   string
	direct bool // TLS from the start
}

// NewMail checks the configuration and sends nothing.
func NewMail(c MailConfig) (*Mail, error) {
	u, err := url.Parse(c.Server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("alerts: mail server: expected smtp://user@host:587 or smtps://user@host:465")
	}
	if _, given := u.User.Password(); given {
		return nil, errors.New("alerts: mail server: the password belongs in a file, not in the address")
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		return nil, errors.New("alerts: the sender's address can't be read: expected name@host")
	}
	to, err := mail.ParseAddress(c.To)
	if err != nil {
		return nil, errors.New("alerts: a recipient's address can't be read: expected name@host")
	}
	m := &Mail{config: c, host: u.Hostname(), port: 587, user: u.User.Username(), direct: u.Scheme == "smtps"}
	if m.direct {
		m.port = 465
	}
	if u.Port() != "" {
		if m.port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("alerts: mail server: the port isn't a number")
		}
	}
	if m.config.Letterhead, err = c.Letterhead.withDefaults(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(strings.ToLower(to.Address)))
	m.name = "mail-" + hex.EncodeToString(sum[:4]) // an address of its own has a place of its own; the address isn't kept
	return m, nil
}

// Name is "mail-" and a code of the address.
func (m *Mail) Name() string { return m.name }

// Send mails a digest. Sent again, the mail has the same Message-ID.
func (m *Mail) Send(ctx context.Context, d Digest) error {
	message, err := m.message(d)
	if err != nil {
		return m.tell(err)
	}
	client, err := m.client(ctx)
	if err != nil {
		return m.tell(err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return m.tell(err)
	}
	err = client.Send(message)
	_ = client.Close() // the message was taken or it wasn't: how the two part changes nothing
	if message.IsDelivered() {
		return nil
	}
	if err == nil {
		err = errors.New("the server didn't confirm the message")
	}
	return m.tell(err)
}

// tell is an error without addresses.
func (m *Mail) tell(err error) error {
	return fmt.Errorf("mail server %s: %s", net.JoinHostPort(m.host, strconv.Itoa(m.port)), schemas.Redact(strings.ToValidUTF8(err.Error(), "")))
}

func (m *Mail) message(d Digest) (*gomail.Msg, error) {
	message := gomail.NewMsg()
	if err := message.From(m.config.From); err != nil {
		return nil, err
	}
	if err := message.To(m.config.To); err != nil {
		return nil, err
	}
	page, err := m.config.Letterhead.html(d)
	if err != nil {
		return nil, err
	}
	message.Subject("Vitrine" + m.config.Letterhead.texts.Must("digest.colon") + m.config.Letterhead.subject(d))
	message.SetDateWithValue(d.At)
	message.SetMessageIDWithValue(d.ID.String() + "@vitrine")
	message.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence notice needs to answer (RFC 3834)
	message.SetGenHeader("Content-Language", string(m.config.Letterhead.Lang))
	message.SetBodyString(gomail.TypeTextPlain, m.config.Letterhead.plain(d))
	message.AddAlternativeString(gomail.TypeTextHTML, page)
	return message, nil
}

func (m *Mail) client(ctx context.Context) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(m.port), gomail.WithoutNoop()}
	if deadline, set := ctx.Deadline(); set {
		options = append(options, gomail.WithTimeout(max(time.Until(deadline), time.Millisecond)))
	}
	if m.config.TLS != nil {
		options = append(options, gomail.WithTLSConfig(m.config.TLS))
	}
	policy := gomail.TLSMandatory
	if ip := net.ParseIP(m.host); m.host == "localhost" || ip != nil && ip.IsLoopback() {
		policy = gomail.TLSOpportunistic
	}
	if m.direct {
		options = append(options, gomail.WithSSL(), gomail.WithTLSPolicy(gomail.NoTLS))
	} else {
		options = append(options, gomail.WithTLSPolicy(policy))
	}
	if m.user != "" {
		options = append(options, gomail.WithUsername(m.user), gomail.WithPassword(m.config.Password), gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return gomail.NewClient(m.host, options...)
}
