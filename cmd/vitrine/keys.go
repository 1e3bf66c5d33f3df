package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"vitrine/internal/natsd"
	"vitrine/producers/credentials"
)

// keysDir is the folder of the keys.
func (f engineFlags) keysDir() string { return keysDir(f.data, f.keys) }

func keysDir(data, keys string) string {
	if keys != "" {
		return keys
	}
	return filepath.Join(data, "keys")
}

// operatorOf is whom the embedded server trusts. local lets connections from this machine in without
// credentials, with the service's rights: whoever may run programs here can read the keys anyway.
func operatorOf(keys *credentials.Keys, local bool) (*natsd.Operator, error) {
	o := &natsd.Operator{JWT: keys.Operator(), Account: keys.Account(), Accounts: keys.Accounts()}
	if !local {
		return o, nil
	}
	var err error
	o.Sentinel, err = keys.LocalSentinel()
	return o, err
}

// isLoopback says whether a host to listen on is this machine alone; empty is natsd's default, which is.
func isLoopback(host string) bool {
	return host == "" || host == "localhost" || net.ParseIP(host).IsLoopback()
}

func newRefused() *prometheus.CounterVec {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_nats_refused_total",
		Help: "What the embedded NATS server refused to clients, by reason: connection, publish or subscribe."}, []string{"reason"})
	for _, r := range []natsd.Refusal{natsd.RefusedConnection, natsd.RefusedPublish, natsd.RefusedSubscribe} {
		refused.WithLabelValues(string(r)) // an alert wants to see the zero first
	}
	return refused
}

// sweepEvery is how late a former NATS user may be refused after its time of grace.
const sweepEvery = time.Minute

// sweepUntil ends times of grace, and tells the server of revocations that it missed, until ctx ends.
func sweepUntil(ctx context.Context, labs *credentials.Registry, logger *slog.Logger) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := labs.Sweep(ctx); err != nil && ctx.Err() == nil {
			logger.Warn("revocations weren't looked through, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func newLabKeysCommand(env *environment, f *labFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "keys",
		Short: "Make the keys of a NATS server, or show where they are",
		Long: `Make the keys that NATS credentials are signed with, for a NATS server of its own (docker compose):
vitrine up and vitrine demo make theirs by themselves. What is there already is kept.

seeds.json holds the private keys: keep a copy in a safe place. nats-operator.conf is what the server's
configuration includes; service.creds is what Vitrine's own programs connect with (--nats-creds).`,
		Example: "  vitrine lab keys --keys deploy/keys",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			keys, err := credentials.EnsureKeys(f.keysDir())
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, env.say("clés : %s\nopérateur approuvé par le serveur : %s\nidentifiants du service : %s\n",
				"keys: %s\nwhat the server trusts: %s\nthe service's credentials: %s\n"), f.keysDir(), keys.ServerConfig(), keys.ServiceCredentials())
			return nil
		},
	}
}
