package natsd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// DefaultHost is loopback: without User and Password, anyone who reaches
	// the port may publish and delete.
	DefaultHost = "127.0.0.1"
	// DefaultPort is the port that NATS clients try by default.
	DefaultPort = 4222
	// AnyPort asks the system for a free port; URL then tells which.
	AnyPort = -1
	// DefaultMaxPayload is the server's own default, in bytes.
	DefaultMaxPayload = 1 << 20
	// DefaultStopTimeout is how long Run waits for the server to stop.
	DefaultStopTimeout = 30 * time.Second

	// syncFolders is how often the server flushes what it doesn't flush with each
	// message: the store's folders.
	syncFolders = time.Second
	// maxMaxPayload is the largest message that the server accepts (64 MiB).
	maxMaxPayload = 64 << 20
)

// Config says where the server listens and keeps its streams.
type Config struct {
	// Dir is the folder of the JetStream store. It is created when missing, with
	// its parents, and belongs to one process at a time. Required.
	Dir string
	// Host is the address to listen on; empty means DefaultHost.
	Host string
	// Port is the TCP port, 1 to 65535; 0 means DefaultPort, AnyPort (-1) any free one.
	Port int
	// Name is the server's name, as `nats server list` shows it; empty means "vitrine".
	Name string
	// User and Password, when set, are asked of every client. Both or neither.
	User, Password string
	// Operator, when set, makes the server accept NATS's decentralised JWT authentication alone; User
	// and Password must be empty then. nil: none.
	Operator *Operator
	// TLS, when set, is what every client must speak, MQTT ones apart; where its ClientAuth asks for
	// certificates, with one. nil: the connections aren't encrypted.
	TLS *tls.Config
	// MQTT, when set, makes the server take MQTT clients too. nil: none.
	MQTT *MQTT
	// OnRefusal hears of each refusal, with its kind; it must return quickly. nil: nobody does.
	OnRefusal func(Refusal)
	// SyncInterval bounds what a power cut can take of what was acknowledged: it
	// is how often the store is flushed to the disk itself. 0, the default,
	// flushes each message before its acknowledgement: nothing is lost, and each
	// costs a flush (docs/durability.md has figures). A killed process loses
	// nothing at any setting: what JetStream acknowledged is in the system's page
	// cache. The server's own default is two minutes. It must not be negative.
	SyncInterval time.Duration
	// MaxPayload is the largest message in bytes, up to 64 MiB; 0 means DefaultMaxPayload.
	MaxPayload int32
	// MaxStore bounds the store's size in bytes; 0 means three quarters of the
	// free disk space at start.
	MaxStore int64
	// StopTimeout bounds the graceful stop; 0 means DefaultStopTimeout.
	StopTimeout time.Duration
	// Logger receives the server's log; nil discards it.
	Logger *slog.Logger
}

// withDefaults fills in the defaults and refuses what can't work. All the
// problems are reported at once.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("field Dir is empty: name the folder of the JetStream store"))
	}
	if c.Host == "" {
		c.Host = DefaultHost
	}
	if c.Port == 0 {
		c.Port = DefaultPort
	}
	if c.Port < AnyPort || c.Port > 65535 {
		errs = append(errs, fmt.Errorf("field Port is %d: it must be 1 to 65535, or -1 for any free port", c.Port))
	}
	if c.Name == "" {
		c.Name = "vitrine"
	}
	if (c.User == "") != (c.Password == "") {
		errs = append(errs, errors.New("fields User and Password go together: set both or neither"))
	}
	if c.Operator != nil {
		if c.User != "" {
			errs = append(errs, errors.New("fields User and Operator exclude each other"))
		}
		if err := c.Operator.check(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.MQTT != nil {
		if err := c.MQTT.check(c); err != nil {
			errs = append(errs, err)
		}
	}
	if c.OnRefusal == nil {
		c.OnRefusal = func(Refusal) {}
	}
	if c.SyncInterval < 0 {
		errs = append(errs, fmt.Errorf("field SyncInterval is %s: it must not be negative", c.SyncInterval))
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = DefaultMaxPayload
	}
	if c.MaxPayload < 0 || c.MaxPayload > maxMaxPayload {
		errs = append(errs, fmt.Errorf("field MaxPayload is %d bytes: it must be 1 to %d", c.MaxPayload, maxMaxPayload))
	}
	if c.MaxStore < 0 {
		errs = append(errs, fmt.Errorf("field MaxStore is %d bytes: it must not be negative", c.MaxStore))
	}
	if c.StopTimeout < 0 {
		errs = append(errs, fmt.Errorf("field StopTimeout is %s: it must not be negative", c.StopTimeout))
	}
	if c.StopTimeout == 0 {
		c.StopTimeout = DefaultStopTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("natsd: configuration: %w", errors.Join(errs...))
	}
	return c, nil
}
