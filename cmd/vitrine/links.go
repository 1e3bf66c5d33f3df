package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/certs"
	"vitrine/producers"
	"vitrine/producers/credentials"
)

// links are the connections to NATS and ClickHouse, beside their addresses. Every command makes its
// connections with the methods below, so that encryption and credentials are the same for all.
type links struct {
	nats, clickhouse *tls.Config // nil: as the address says, with the system's CAs
	materials        []*certs.Material
}

// bindTLS declares a link's flags, e.g. --nats-tls-ca.
func bindTLS(flags *pflag.FlagSet, f *certs.Files, prefix, ca, cert string) {
	flags.StringVar(&f.CA, prefix+"-ca", "", ca)
	flags.StringVar(&f.Cert, prefix+"-cert", "", cert)
	flags.StringVar(&f.Key, prefix+"-key", "", "the private key of --"+prefix+"-cert (PEM)")
}

// openLinks reads the files that the flags name.
func (env *environment) openLinks() error {
	c := &env.Config
	address, err := withPassword(c.ClickHouseURL, c.ClickHousePasswordFile)
	if err != nil {
		return err
	}
	c.ClickHouseURL = address
	for _, l := range []struct {
		use   string
		files certs.Files
		to    **tls.Config
	}{{"nats", c.NATSTLS, &env.links.nats}, {"clickhouse", c.ClickHouseTLS, &env.links.clickhouse}} {
		if !l.files.Given() {
			continue
		}
		m, err := certs.New(certs.Config{Files: l.files, Use: l.use, Logger: env.logger()})
		if err != nil {
			return fmt.Errorf("--%s-tls-…: %w", l.use, err)
		}
		*l.to = m.Client()
		env.links.materials = append(env.links.materials, m)
	}
	return nil
}

// serve reads the files of an embedded server and gives its encryption, nil for none; own becomes what
// this process's own connections to it use.
func (l *links) serve(use string, files certs.Files, min uint16, own **tls.Config, logger *slog.Logger) (*tls.Config, error) {
	if !files.Given() {
		return nil, nil
	}
	m, err := certs.New(certs.Config{Files: files, Use: use, Server: true, Logger: logger})
	if err != nil {
		return nil, usageError{fmt.Errorf("--%s-tls-…: %w", use, err)}
	}
	if *own, err = m.Own(); err != nil {
		return nil, err
	}
	l.materials = append(l.materials, m)
	return m.Server(min), nil
}

// withPassword puts the password of a file into an address; an empty path changes nothing.
func withPassword(address, path string) (string, error) {
	if path == "" {
		return address, nil
	}
	password, err := secretOf("--clickhouse-password-file", path)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", errors.New("--clickhouse-url: expected an address such as http://vitrine@host:8123/vitrine")
	}
	if _, given := u.User.Password(); given {
		return "", errors.New("--clickhouse-url and --clickhouse-password-file: both have a password, one of them is expected")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// registerCertificates puts the certificates' metrics on the registry.
func (env *environment) registerCertificates(registry prometheus.Registerer) error {
	var problems []error
	for _, m := range env.links.materials {
		problems = append(problems, m.Register(registry))
	}
	return errors.Join(problems...)
}

// dialNATS connects, with the credentials file if there is one.
func (env *environment) dialNATS(logger *slog.Logger) (*nats.Conn, error) {
	where := withoutUser(env.Config.NATSURL)
	options, err := credentials.ConnectOptions(env.Config.NATSCreds, env.links.nats)
	if err != nil {
		return nil, usageError{fmt.Errorf("--nats-creds: %w", err)}
	}
	conn, err := nats.Connect(env.Config.NATSURL, append(options, nats.Name("vitrine"), nats.MaxReconnects(-1), nats.Timeout(5*time.Second),
		nats.IgnoreAuthErrorAbort(), // a server that refuses it after a restart may take it again: without this it is closed for good
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { // without one NATS's client prints it, in lines that are no log
			logger.Warn("NATS", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				logger.Warn("NATS connection lost, reconnecting", "error", err)
			}
		}))...)
	if isRefused(err) {
		return nil, fmt.Errorf("NATS at %s refuses the credentials (see --nats-creds): %w", where, err)
	}
	if advice := certs.Explain(err, "nats"); advice != "" {
		return nil, fmt.Errorf("NATS at %s can't be reached: %s (%w)", where, advice, err)
	}
	var unreadable *url.Error // it quotes the address, with what may stand in it
	if errors.As(err, &unreadable) {
		return nil, usageError{errors.New("--nats-url: expected an address such as nats://host:4222, or several separated by commas")}
	}
	if err != nil {
		return nil, fmt.Errorf(env.say("NATS ne répond pas à %s (est-il démarré ? voir --nats-url) : %w", "NATS at %s can't be reached (is it running? see --nats-url): %w"), where, err)
	}
	return conn, nil
}

// isRefused says that NATS doesn't let these credentials in, or asks for some.
func isRefused(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthRevoked) || errors.Is(err, nats.ErrAuthExpired)
}

// withoutUser leaves users, passwords and tokens out of NATS addresses.
func withoutUser(addresses string) string {
	all := strings.Split(addresses, ",")
	for i, a := range all {
		scheme, rest, found := strings.Cut(strings.TrimSpace(a), "://")
		if !found {
			scheme, rest = "nats", scheme
		}
		all[i] = scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
	}
	return strings.Join(all, ",")
}

// openClickHouse opens the store of --clickhouse-url; the rest of c is the command's.
func (env *environment) openClickHouse(c clickhouse.Config) (*clickhouse.Store, error) {
	c.URL, c.TLS = env.Config.ClickHouseURL, env.links.clickhouse
	store, err := clickhouse.Open(c)
	if err != nil {
		return nil, usageError{err}
	}
	return store, nil
}

// publisherConfig is that of a publisher to --nats-url; the command adds the rest.
func (env *environment) publisherConfig(name string) producers.Config {
	return producers.Config{URL: env.Config.NATSURL, CredentialsFile: env.Config.NATSCreds, TLS: env.links.nats, Name: name}
}

// advice is what to do about an error, in brackets, where its cause is TLS or ClickHouse isn't there; "" for others, and where the error says it.
func (env *environment) advice(err error) string {
	prefix := "nats"
	if strings.Contains(err.Error(), "ClickHouse") {
		prefix = "clickhouse"
	}
	text := certs.Explain(err, prefix)
	if silent := (*clickhouse.UnreachableError)(nil); text == "" && errors.As(err, &silent) {
		text = env.say("est-il démarré ? voir --clickhouse-url", "is it running? see --clickhouse-url")
	}
	if text == "" || strings.Contains(err.Error(), text) {
		return ""
	}
	return " (" + text + ")"
}

// unanswered says in the user's language that ClickHouse can't be reached.
func (env *environment) unanswered(err error) error {
	var silent *clickhouse.UnreachableError
	if !errors.As(err, &silent) {
		return err
	}
	return fmt.Errorf(env.say("ClickHouse ne répond pas à %s : %w", "ClickHouse at %s doesn't answer: %w"), silent.Where, silent.Err)
}
