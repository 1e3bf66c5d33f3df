package agentcmd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"vitrine/internal/certs"
	"vitrine/internal/natsd"
	"vitrine/producers/agent"
	"vitrine/producers/importers/ledger"
)

const (
	// localUser is the agent's own at its own server; its password is made at each start.
	localUser = "agent"
	// stopTimeout bounds how long requests under way may take at the end.
	stopTimeout = 10 * time.Second
	// storeRoom is what the local server's store holds beside spool and refused events, in bytes.
	storeRoom = 256 << 20
)

// run is the agent: its own NATS server, what it remembers, the way to the programme, its pages.
func (env Environment) run(ctx context.Context, f flags) (err error) {
	file, err := env.file(f)
	if err != nil {
		return err
	}
	logger := env.Logger()
	salt, err := env.salt(f, file, logger)
	if err != nil {
		return err
	}
	sent, err := ledger.Open(filepath.Join(f.data, "sent.db"))
	if err != nil {
		return env.spoken(err)
	}
	defer func() { err = errors.Join(err, sent.Close()) }()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	to, err := env.sender(file, logger, registry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	local, err := env.startLocal(ctx, f, file, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, local.stop()) }()
	a, err := agent.New(agent.Config{File: file, Connectors: env.Connectors, LocalURL: local.url, Ledger: sent, StateOf: sent.State,
		Sender: to, Salt: salt, Registerer: registry, Gatherer: registry, Logger: logger})
	if err != nil {
		return env.Wrong(env.spoken(err))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error {
		select {
		case err := <-local.failed:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	if err := serve(ctx, group, file.Listen, a.Handler()); err != nil {
		return errors.Join(err, group.Wait())
	}
	if file.HooksListen != "" {
		if err := serve(ctx, group, file.HooksListen, a.Hooks()); err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	logger.Info(env.say("page d'état", "status page"), "url", file.PageURL()+"/")
	return group.Wait()
}

// serve answers at an address until ctx ends. An address that can't be had ends the group.
func serve(ctx context.Context, group *errgroup.Group, addr string, h http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		group.Go(func() error { return err })
		return nil
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return server.Shutdown(stopping)
	})
	return nil
}

// local is the agent's own NATS server, running.
type local struct {
	url    string
	failed <-chan error
	stop   func() error
}

func (env Environment) startLocal(ctx context.Context, f flags, file *agent.File, logger *slog.Logger) (*local, error) {
	password := rand.Text()
	cfg := natsd.Config{Dir: filepath.Join(f.data, "spool"), Host: "127.0.0.1", Port: natsd.AnyPort, Name: "vitrine-agent",
		User: localUser, Password: password, SyncInterval: file.Spool.SyncInterval, MaxStore: 2*file.Spool.MaxBytes + storeRoom, Logger: logger}
	if file.MQTT.Listen != "" {
		mqtt, err := mqttListener(file.MQTT, agent.MQTTTopics(file, env.Connectors), logger)
		if err != nil {
			return nil, err
		}
		cfg.MQTT = mqtt
	}
	server, err := natsd.New(cfg)
	if err != nil {
		return nil, env.Wrong(err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it stops last
	failed, finished := make(chan error, 1), make(chan struct{})
	var result error
	go func() {
		result = server.Run(running)
		failed <- result
		close(finished)
	}()
	l := &local{failed: failed, stop: func() error {
		cancel()
		<-finished
		return result
	}}
	select {
	case <-server.Ready():
	case <-finished:
		cancel()
		return nil, result
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), l.stop())
	}
	address, err := url.Parse(server.URL())
	if err != nil {
		return nil, errors.Join(err, l.stop())
	}
	address.User = url.UserPassword(localUser, password)
	l.url = address.String()
	return l, nil
}

func mqttListener(spec agent.MQTTSpec, topics []string, logger *slog.Logger) (*natsd.MQTT, error) {
	host, text, err := net.SplitHostPort(spec.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	password, err := readSecret(spec.PasswordFile)
	if err != nil {
		return nil, err
	}
	listener := &natsd.MQTT{Host: host, Port: port, User: spec.User, Password: password, Topics: topics}
	if spec.Certificate != "" {
		m, err := certs.New(certs.Config{Files: certs.Files{Cert: spec.Certificate, Key: spec.Key}, Use: "mqtt", Server: true, Logger: logger})
		if err != nil {
			return nil, err
		}
		listener.TLS = m.Server(tls.VersionTLS12) // what controllers know
	}
	return listener, nil
}

func readSecret(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if s := strings.TrimSpace(string(raw)); s != "" {
		return s, nil
	}
	return "", fmt.Errorf("%s is empty", path)
}
