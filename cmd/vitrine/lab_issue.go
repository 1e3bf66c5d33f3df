package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vitrine/producers/credentials"
)

// noCredsFile leaves the NATS credentials out.
const noCredsFile = "none"

func newLabRotateCommand(env *environment, f *labFlags) *cobra.Command {
	var programme bool
	var grace time.Duration
	var credsOut string
	cmd := &cobra.Command{
		Use:   "rotate LAB",
		Short: "Replace a lab's credentials; the former ones stop at once, or after --grace",
		Long: `Replace a lab's credentials. The former token and NATS user are refused at once; with --grace they
go on for that long, so that the lab has time to put the new ones in place.

After --grace the token ends by itself. The NATS server has to be told, which takes the keys: vitrine up does it
within a minute. With a NATS server of your own run vitrine lab list then, or deploy/systemd/vitrine-sweep.timer: until it is
told, the former NATS credentials go on.`,
		Example: "  vitrine lab rotate atelier-nord\n  vitrine lab rotate atelier-nord --grace 24h",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			lab, err := env.labName(args, programme)
			if err != nil {
				return err
			}
			if grace < 0 {
				return usageError{fmt.Errorf(env.say("--grace %s : attendu 0 ou plus", "--grace %s: expected 0 or more"), grace)}
			}
			if credsOut, err = env.credsFile(lab, credsOut); err != nil {
				return err
			}
			r, err := env.openRegistry(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer r.conn.Close()
			issued, err := r.Rotate(cmd.Context(), lab, grace)
			if err := env.handOver(lab, credsOut, issued, err); err != nil || grace == 0 {
				return err
			}
			fmt.Fprintf(env.Stdout, env.say("Les anciens s'arrêtent le %s : le jeton de lui-même, les identifiants NATS grâce à « vitrine up ». Avec un serveur NATS à vous, lancez alors « vitrine lab list » : ils restent acceptés jusque-là.\n",
				"The former ones end on %s: the token by itself, the NATS credentials by vitrine up. With a NATS server of your own run vitrine lab list then: they are accepted until it is.\n"), env.stamp(time.Now().Add(grace)))
			return nil
		},
	}
	cmd.Flags().BoolVar(&programme, "programme", false, "the programme's own credentials")
	cmd.Flags().DurationVar(&grace, "grace", 0, "how long the former credentials go on, e.g. 24h; 0: not at all")
	bindCredsOut(cmd, &credsOut)
	return cmd
}

func bindCredsOut(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "creds-out", "", "where the NATS credentials are written, or none (default: LAB.creds here)")
}

// handOver prints and writes what was issued. It is there even where the server couldn't be told of
// what ended with it: then it is handed over, and the error is told as well.
func (env *environment) handOver(lab, credsOut string, issued credentials.Issued, err error) error {
	if issued.Token == "" {
		return env.labError(lab, err)
	}
	fmt.Fprintf(env.Stdout, env.say("Identifiants de %s, affichés une seule fois :\n", "Credentials of %s, shown this once:\n"), lab)
	fmt.Fprintf(env.Stdout, "token: %s\n", issued.Token)
	if credsOut != noCredsFile {
		if err := credentials.WriteSecret(credsOut, issued.Creds); err != nil {
			return fmt.Errorf(env.say("le fichier d'identifiants NATS n'a pas pu être écrit (« vitrine lab rotate » en donne d'autres) : %w",
				"the NATS credentials couldn't be written (vitrine lab rotate issues others): %w"), err)
		}
		fmt.Fprintf(env.Stdout, "creds: %s\n", credsOut)
	}
	fmt.Fprint(env.Stdout, env.say("Transmettez-les par un canal sûr ; rien ne permet de les afficher à nouveau.\n", "Hand them over by a safe way; nothing can show them again.\n"))
	return env.labError(lab, err)
}

// credsFile is where the NATS credentials are to be written, or none. It says beforehand if they can't be: what was issued and
// isn't kept is lost.
func (env *environment) credsFile(lab, path string) (string, error) {
	switch path {
	case noCredsFile:
		return path, nil
	case "":
		path = lab + ".creds"
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "", usageError{fmt.Errorf(env.say("--creds-out %s est un dossier : attendu un fichier", "--creds-out %s is a folder: expected a file"), path)}
	}
	if err := credentials.CheckSecret(path); err != nil {
		return "", usageError{fmt.Errorf(env.say("rien n'a été délivré, car le fichier d'identifiants NATS ne peut pas être écrit (--creds-out en nomme un autre, ou none) : %w",
			"nothing was issued, since the NATS credentials can't be written (--creds-out names another file, or none): %w"), env.spoken(err))}
	}
	return path, nil
}

func newLabRevokeCommand(env *environment, f *labFlags) *cobra.Command {
	var programme bool
	cmd := &cobra.Command{
		Use:     "revoke LAB",
		Short:   "Withdraw all of a lab's credentials at once",
		Example: "  vitrine lab revoke atelier-nord",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			lab, err := env.labName(args, programme)
			if err != nil {
				return err
			}
			r, err := env.openRegistry(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer r.conn.Close()
			if err := r.Revoke(cmd.Context(), lab); err != nil {
				return env.labError(lab, err)
			}
			fmt.Fprintf(env.Stdout, env.say("Les identifiants de %s sont révoqués.\n", "The credentials of %s are revoked.\n"), lab)
			return nil
		},
	}
	cmd.Flags().BoolVar(&programme, "programme", false, "the programme's own credentials")
	return cmd
}
