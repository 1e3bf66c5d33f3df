package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vitrine/producers/agreement"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

func newAgreementCommand(env *environment) *cobra.Command {
	f := &labFlags{}
	cmd := &cobra.Command{
		Use:   "agreement",
		Short: "Sign and amend the labs' agreements, show and compare their versions",
		Long: `Sign and amend what a lab and the programme agreed on: dates, grant, and the commitments that statuses are
measured by. An agreement is a YAML file; an amendment is the same file, changed and applied again. Every
version stays readable.

These commands read and write the stream itself. They connect with --nats-creds, or with the keys of the
running server where they are at hand (--data, --keys).`,
	}
	cmd.PersistentFlags().StringVar(&f.data, "data", "data", "folder of the data of vitrine up or vitrine demo")
	cmd.PersistentFlags().StringVar(&f.keys, "keys", "", "folder of the keys (default: keys in the data folder, if it is there)")
	cmd.AddCommand(newAgreementApplyCommand(env, f), newAgreementTemplateCommand(env), newAgreementShowCommand(env, f), newAgreementHistoryCommand(env, f), newAgreementListCommand(env, f))
	return cmd
}

// openStream connects to NATS with the service's credentials, where there are any.
func (env *environment) openStream(f *labFlags) (*nats.Conn, jetstream.JetStream, error) {
	if env.Config.NATSCreds == "" {
		keys, err := credentials.OpenKeys(f.keysDir())
		switch {
		case err == nil:
			env.Config.NATSCreds = keys.ServiceCredentials()
		case !errors.Is(err, credentials.ErrNoKeys):
			return nil, nil, err
		}
	}
	conn, err := env.dialNATS(env.logger())
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, js, nil
}

// agreementVersions reads a lab's versions, or all labs', up to the end of a day of the programme; "" is now.
func (env *environment) agreementVersions(ctx context.Context, f *labFlags, lab, asOf string) ([]agreement.Version, error) {
	if lab != "" && !schemas.IsSlug(lab) {
		return nil, env.labError(lab, credentials.ErrBadName)
	}
	day, err := env.asOf(asOf)
	if err != nil {
		return nil, err
	}
	conn, js, err := env.openStream(f)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	versions, _, err := agreement.Versions(ctx, js, lab)
	if err != nil || asOf == "" {
		return versions, err
	}
	y, m, d := day.Date()
	return agreement.Until(versions, midnight(y, m, d+1, env.Config.Zone)), nil
}

func (env *environment) noAgreement(lab string) error {
	return fmt.Errorf(env.say("%s n'a pas de convention en vigueur", "%s has no agreement in force"), lab)
}

func exactlyOneLab(env *environment) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		_, err := env.labName(args, false)
		return err
	}
}
