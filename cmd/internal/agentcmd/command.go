// Package agentcmd is the lab agent's command, which two programs share: vitrine, as `vitrine
// agent`, and vitrine-agent, which has nothing else and is small enough for a Raspberry Pi.
package agentcmd

import (
	"errors"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"vitrine/cmd/internal/secret"
	"vitrine/producers"
	"vitrine/producers/agent"
	"vitrine/producers/client"
	"vitrine/producers/credentials"
	"vitrine/producers/importers"
	"vitrine/schemas"

	"github.com/prometheus/client_golang/prometheus"
)

// Environment is what the command gets from the program that it is part of.
type Environment struct {
	Stdout, Stderr io.Writer
	// Lang and Logger are asked once the flags are read.
	Lang   func() schemas.Lang
	Logger func() *slog.Logger
	// Wrong marks an error as wrong use, for the exit status.
	Wrong func(error) error
	// Connectors are the sorts of sources.
	Connectors []importers.Connector
}

// flags are those of all the agent's commands.
type flags struct{ config, data string }

// Command makes `NAME`, `NAME check` and `NAME status`.
func Command(env Environment, name string) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   name,
		Short: "Run a lab's agent: ask its sources, keep events on the disk, send them to the programme",
		Long: `Run a lab's agent. It asks the sources that its file lists on schedules, listens to webhooks and
machines (MQTT), drops personal data, keeps the events on the disk and sends them on when the
programme can be reached. docs/agent.md says how to install it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return env.run(cmd.Context(), f) },
	}
	cmd.PersistentFlags().StringVar(&f.config, "config", "agent.yaml", "the agent's file")
	cmd.Flags().StringVar(&f.data, "data", "agent-data", "folder of what waits, and of what was sent; made if missing")
	check := &cobra.Command{
		Use: "check", Short: "Check the agent's file and ask each source once; send nothing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return env.check(cmd.Context(), f) },
	}
	check.Flags().StringVar(&f.data, "data", "agent-data", "the agent's folder, where its secret is")
	status := &cobra.Command{
		Use: "status", Short: "Print how the running agent fares", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return env.status(cmd.Context(), f) },
	}
	cmd.AddCommand(check, status)
	return cmd
}

func (env Environment) say(fr, en string) string { return schemas.Text{FR: fr, EN: en}.In(env.Lang()) }

// spoken is an error in the user's language.
type spoken struct {
	err  error
	text string
}

func (s spoken) Error() string { return s.text }
func (s spoken) Unwrap() error { return s.err }

func (env Environment) spoken(err error) error {
	if err == nil {
		return nil
	}
	return spoken{err, importers.Say(err, env.Lang())}
}

func (env Environment) file(f flags) (*agent.File, error) {
	file, err := agent.ReadFile(f.config, env.Connectors)
	if err != nil {
		return nil, env.Wrong(env.spoken(err))
	}
	return file, nil
}

// salt is the secret of the company codes: where the file says, else in the agent's folder.
func (env Environment) salt(f flags, file *agent.File, logger *slog.Logger) ([]byte, error) {
	path := saltPath(f, file)
	salt, made, err := secret.Salt(path)
	if made {
		logger.Warn(env.say("secret créé ; conservez-le : sans lui, les mêmes entreprises recevraient d'autres codes",
			"made a secret; keep it: without it the same companies would get other codes"), "file", path)
	}
	return salt, err
}

func saltPath(f flags, file *agent.File) string {
	if file.SaltFile != "" {
		return file.SaltFile
	}
	return filepath.Join(f.data, file.Lab+".salt")
}

// sender is the way to the programme.
type sender interface {
	agent.Sender
	io.Closer
}

func (env Environment) sender(file *agent.File, logger *slog.Logger, registry prometheus.Registerer) (sender, error) {
	to := file.Programme
	encryption, err := env.encryption(to, logger, registry)
	if err != nil {
		return nil, err
	}
	if to.NATS != "" {
		s := ownLab{credentials: to.Credentials, lab: file.Lab}
		if may, err := credentials.MaySend(to.Credentials, file.Lab); err != nil {
			return nil, env.Wrong(env.spoken(err))
		} else if !may {
			return nil, env.Wrong(env.spoken(s.theirs()))
		}
		s.Ordered, err = producers.NewOrdered(producers.Config{URL: to.NATS, CredentialsFile: to.Credentials, TLS: encryption, Name: "agent/" + file.Lab,
			Registerer: registry, Logger: logger})
		if err != nil {
			return nil, env.Wrong(err)
		}
		return s, nil
	}
	token, err := readSecret(to.TokenFile)
	if err != nil {
		return nil, err
	}
	s, err := newByToken(client.Config{URL: to.Gateway, Token: token, PlainHTTP: to.PlainHTTP, UserAgent: "vitrine-agent", Language: string(env.Lang()), Logger: logger,
		Transport: transport(encryption)}, to.TokenFile)
	if err != nil {
		return nil, env.Wrong(err)
	}
	return s, nil
}

var errSomeFailed = errors.New("not everything is in order")
