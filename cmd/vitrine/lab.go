package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// labFlags are those of every `vitrine lab` command.
type labFlags struct {
	data, keys string
}

func (f *labFlags) keysDir() string { return keysDir(f.data, f.keys) }

func newLabCommand(env *environment) *cobra.Command {
	f := &labFlags{}
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Give labs their credentials, replace them, withdraw them",
		Long: `Give labs what they send their activity with: a token for HTTP and a credentials file for NATS.

A lab's credentials let it send its own activity and nothing else. They are shown once; what is kept of a
token is its SHA-256. Withdrawn credentials are refused within a second, and their connections cut.

These commands sign with the keys in --keys, those of the running server. The programme's own
credentials have --programme instead of a lab's name.`,
	}
	cmd.PersistentFlags().StringVar(&f.data, "data", "data", "folder of the data of vitrine up or vitrine demo")
	cmd.PersistentFlags().StringVar(&f.keys, "keys", "", "folder of the keys (default: keys in the data folder)")
	cmd.AddCommand(newLabAddCommand(env, f), newLabListCommand(env, f), newLabRotateCommand(env, f), newLabRevokeCommand(env, f), newLabKeysCommand(env, f))
	return cmd
}

// labRegistry is the registry of what was issued, connected.
type labRegistry struct {
	*credentials.Registry
	conn *nats.Conn
}

// openRegistry opens the keys and connects with the service's credentials, unless others are given.
func (env *environment) openRegistry(ctx context.Context, f *labFlags) (*labRegistry, error) {
	keys, err := credentials.OpenKeys(f.keysDir())
	if errors.Is(err, credentials.ErrNoKeys) {
		return nil, usageError{fmt.Errorf(env.say("aucune clé dans %s : donnez le dossier du serveur avec --keys ou --data (vitrine up l'y crée)",
			"no keys in %s: name the server's folder with --keys or --data (vitrine up makes it)"), f.keysDir())}
	}
	if err != nil {
		return nil, err
	}
	if env.Config.NATSCreds == "" {
		env.Config.NATSCreds = keys.ServiceCredentials()
	}
	logger := env.logger()
	conn, err := env.dialNATS(logger)
	if isRefused(err) {
		return nil, fmt.Errorf(env.say("le serveur NATS %s n'accepte pas les clés de %s : sont-elles les siennes ? (%w)",
			"the NATS server %s doesn't accept the keys in %s: are they its own? (%w)"), withoutUser(env.Config.NATSURL), f.keysDir(), err)
	}
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: env.Config.NATSURL, TLS: env.links.nats, Keys: keys, Replicas: env.Config.NATSReplicas, Logger: logger})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &labRegistry{registry, conn}, nil
}

// labName is the lab that a command is about: its only argument, or the programme.
func (env *environment) labName(args []string, programme bool) (string, error) {
	switch {
	case programme && len(args) == 0:
		return credentials.Programme, nil
	case programme:
		return "", usageError{errors.New(env.say("--programme ne va pas avec un nom de lab", "--programme doesn't go with a lab's name"))}
	case len(args) != 1:
		return "", usageError{errors.New(env.say("attendu : le nom court d'un lab, par exemple atelier-nord", "expected a lab's short name, such as atelier-nord"))}
	case args[0] == credentials.Programme:
		return "", usageError{fmt.Errorf(env.say("%q est réservé : utilisez --programme", "%q is reserved: use --programme"), args[0])}
	}
	if !schemas.IsSlug(args[0]) {
		return "", env.labError(args[0], credentials.ErrBadName)
	}
	return args[0], nil
}

// labError tells an error of the registry in the user's language.
func (env *environment) labError(lab string, err error) error {
	say := func(fr, en string) error { return spokenError{err, fmt.Sprintf(env.say(fr, en), lab)} }
	switch {
	case errors.Is(err, credentials.ErrExists):
		return say("%s a déjà des identifiants : « vitrine lab rotate » les remplace", "%s has credentials already: vitrine lab rotate replaces them")
	case errors.Is(err, credentials.ErrNone):
		return say("%s n'a pas d'identifiants, ou ils sont déjà révoqués : « vitrine lab add » en donne", "%s has no credentials, or they are revoked: vitrine lab add issues some")
	case errors.Is(err, credentials.ErrNotTold):
		return spokenError{err, fmt.Sprintf(env.say("les anciens jetons de %s sont refusés, mais le serveur NATS n'a pas encore été prévenu (« vitrine lab list » le prévient) : %v",
			"the former tokens of %s are refused, but the NATS server wasn't told yet (vitrine lab list tells it): %v"), lab, err)}
	case errors.Is(err, credentials.ErrBadName):
		return usageError{say("%q n'est pas un nom court : 1 à 63 lettres minuscules sans accent, chiffres ou -", "%q is no short name: 1 to 63 of a to z, 0 to 9 or -")}
	}
	return err
}
