package faults

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// clusterConfig is the file that people run their servers with.
var clusterConfig = filepath.Join("..", "..", "deploy", "nats-cluster", "nats.conf")

// clusterSize is how many servers that file is for.
const clusterSize = 3

// cluster is three NATS servers in processes of their own. Each reaches each other through a gate of their own:
//
//	nats-1 ─► gate ─► nats-2      nats-2 ─► gate ─► nats-1      …
type cluster struct {
	servers []*clusterServer
	keys    *credentials.Keys
}

type clusterServer struct {
	name                     string
	program, config, log     string
	clients, routes, monitor string           // addresses
	to                       map[string]*gate // before the other servers, as this one sees them
	process                  *process
	conn                     *nats.Conn // to this server alone
	js                       jetstream.JetStream
}

// newCluster starts the servers and waits until they are one cluster.
func newCluster(ctx context.Context, program, dir string) (_ *cluster, err error) {
	c := &cluster{}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	if c.keys, err = credentials.EnsureKeys(filepath.Join(dir, "keys")); err != nil {
		return nil, err
	}
	for i := range clusterSize {
		name := fmt.Sprintf("nats-%d", i+1)
		s := &clusterServer{name: name, program: program, config: filepath.Join(dir, name, "nats.conf"), log: logFile(dir, name), to: map[string]*gate{}}
		for _, addr := range []*string{&s.clients, &s.routes, &s.monitor} {
			if *addr, err = freeAddr(); err != nil {
				return nil, err
			}
		}
		c.servers = append(c.servers, s)
	}
	for _, s := range c.servers {
		if err := s.configure(c); err != nil {
			return nil, fmt.Errorf("%s: %w", clusterConfig, err)
		}
		if err := s.start(); err != nil {
			return nil, err
		}
	}
	for _, s := range c.servers {
		if err := s.healthy(ctx); err != nil {
			return nil, err
		}
		if err := s.connect(c.keys.ServiceCredentials()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// freeAddr is one that nobody listens on now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// configure writes the server's configuration: the file of deploy/, but for addresses and folders.
func (s *clusterServer) configure(c *cluster) error {
	text, err := os.ReadFile(clusterConfig)
	if err != nil {
		return err
	}
	operator, err := os.ReadFile(c.keys.ServerConfig())
	if err != nil {
		return err
	}
	dir := filepath.Dir(s.config)
	replace := func(text []byte, old, with string) []byte {
		if bytes.Count(text, []byte(old)) == 0 {
			err = errors.Join(err, fmt.Errorf("it has no %q any more", old))
		}
		return bytes.ReplaceAll(text, []byte(old), []byte(with))
	}
	for _, other := range c.servers {
		addr := s.routes
		if other != s {
			gate, err := newGate()
			if err != nil {
				return err
			}
			gate.point(other.routes)
			s.to[other.name] = gate
			addr = gate.addr()
		}
		text = replace(text, "nats-route://"+other.name+":6222", "nats-route://"+addr)
	}
	text = replace(text, "\nport: 4222", "\nlisten: "+s.clients)
	text = replace(text, "http_port: 8222", "http: "+s.monitor)
	// Servers tell each other where others are, which would lead past the gates: what they tell is where nobody listens.
	text = replace(text, "  port: 6222", "  listen: "+s.routes+"\n  advertise: 127.0.0.1:1")
	text = replace(text, "store_dir: /data", "store_dir: "+filepath.Join(dir, "data"))
	text = replace(text, "keys/nats-operator.conf", "operator.conf")
	operator = replace(operator, "/data", filepath.Join(dir, "data"))
	return errors.Join(err, os.MkdirAll(filepath.Join(dir, "data"), 0o700), os.WriteFile(s.config, text, 0o600),
		os.WriteFile(filepath.Join(dir, "operator.conf"), operator, 0o600))
}

func (s *clusterServer) start() error {
	cmd, err := command(s.log, noMounts, []string{"NATS_SERVER_NAME=" + s.name}, s.program, "--config", s.config)
	if err != nil {
		return err
	}
	s.process, err = start(cmd)
	return err
}

// healthy waits until the server says that it has all that the others have.
func (s *clusterServer) healthy(ctx context.Context) error {
	return await(ctx, startWithin, s.name+" is healthy", func() error {
		if err := s.alive(); err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.monitor+"/healthz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		return nil
	})
}

func (s *clusterServer) alive() error {
	if s.process.running() {
		return nil
	}
	return fmt.Errorf("%s ended by itself (see %s): %w", s.name, s.log, cmp.Or(s.process.err, errors.New("with status 0")))
}

// connect keeps a connection to this server alone, to ask it what it believes.
func (s *clusterServer) connect(creds string) error {
	options, err := credentials.ConnectOptions(creds, nil)
	if err != nil {
		return err
	}
	s.conn, err = nats.Connect("nats://"+s.clients, append(options, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.IgnoreDiscoveredServers())...)
	if err != nil {
		return err
	}
	s.js, err = jetstream.New(s.conn)
	return err
}

// url is all servers'.
func (c *cluster) url() string {
	urls := make([]string, len(c.servers))
	for i, s := range c.servers {
		urls[i] = "nats://" + s.clients
	}
	return strings.Join(urls, ",")
}

func (c *cluster) alive() (err error) {
	for _, s := range c.servers {
		err = errors.Join(err, s.alive())
	}
	return err
}

func (c *cluster) stop() {
	for _, s := range c.servers {
		if s.conn != nil {
			s.conn.Close()
		}
		if s.process != nil {
			s.process.kill()
		}
		for _, g := range s.to {
			g.close()
		}
	}
}

func (c *cluster) named(name string) *clusterServer {
	for _, s := range c.servers {
		if s.name == name {
			return s
		}
	}
	return nil
}

// leader is the stream's as the servers know it that aren't without; nil if they know none.
func (c *cluster) leader(ctx context.Context, without *clusterServer) (*clusterServer, *jetstream.StreamInfo) {
	for _, s := range c.servers {
		if s == without || !s.conn.IsConnected() {
			continue
		}
		if info, err := s.stream(ctx); err == nil {
			if l := c.named(info.Cluster.Leader); l != nil && l != without {
				return l, info
			}
		}
	}
	return nil, nil
}

// stream asks this server about the stream. Where there is no leader, nobody answers.
func (s *clusterServer) stream(ctx context.Context) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	stream, err := s.js.Stream(ctx, schemas.StreamEvents)
	if err != nil {
		return nil, err
	}
	return stream.CachedInfo(), nil
}

// current waits until each server has all of every stream and bucket.
func (c *cluster) current(ctx context.Context) error {
	for _, s := range c.servers {
		if err := s.healthy(ctx); err != nil {
			return err
		}
	}
	return await(ctx, startWithin, "all replicas are current", func() error {
		l, info := c.leader(ctx, nil)
		if l == nil {
			return errors.New("no leader")
		}
		if len(info.Cluster.Replicas) != clusterSize-1 {
			return fmt.Errorf("%d followers", len(info.Cluster.Replicas))
		}
		for _, r := range info.Cluster.Replicas {
			if !r.Current || r.Offline {
				return fmt.Errorf("%s: %+v", r.Name, *r)
			}
		}
		return nil
	})
}

// isolate cuts a server off from the others, both ways; its clients still reach it. It returns how to heal that.
func (c *cluster) isolate(s *clusterServer) (heal func(), hurt func() int) {
	var gates []*gate
	for _, other := range c.servers {
		if other != s {
			gates = append(gates, s.to[other.name], other.to[s.name])
		}
	}
	before := 0
	count := func() (n int) {
		for _, g := range gates {
			_, hurt := g.struck()
			n += hurt
		}
		return n
	}
	before = count()
	for _, g := range gates {
		g.shut()
	}
	return func() {
		for _, g := range gates {
			g.open()
		}
	}, func() int { return count() - before }
}

// lameDuck asks the server to hand over and to stop.
func (s *clusterServer) lameDuck() error {
	s.process.signal(syscall.SIGUSR2)
	select {
	case <-s.process.done:
		if s.process.err != nil {
			return fmt.Errorf("%s after SIGUSR2: %w", s.name, s.process.err)
		}
		return nil
	case <-time.After(stopWithin):
		return fmt.Errorf("%s didn't stop within %s of SIGUSR2", s.name, stopWithin)
	}
}

// await asks again and again until there is no error.
func await(ctx context.Context, within time.Duration, what string, is func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := is()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("not seen: %s: %w (%w)", what, err, ctx.Err())
		}
	}
}
