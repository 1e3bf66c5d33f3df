package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"vitrine/consumers/alerts"
	"vitrine/schemas"
)

// alertFlags say from when on something is an alert, and whom alerts are sent to.
type alertFlags struct {
	webhook, webhookSecretFile string
	smtp, smtpPasswordFile     string
	from                       string
	to                         []string
	silentDays                 int
	every, at                  time.Duration
	urgent                     bool
	lang                       string
	publicURL                  string
}

func (f *alertFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&f.webhook, "alert-webhook", "", "where digests of alerts are posted as JSON (https://…)")
	flags.StringVar(&f.webhookSecretFile, "alert-webhook-secret-file", "", "file with the secret that signs what is posted")
	flags.StringVar(&f.smtp, "alert-smtp", "", "mail server for digests of alerts, smtp://user@host:587 or smtps://user@host:465")
	flags.StringVar(&f.smtpPasswordFile, "alert-smtp-password-file", "", "file with the mail server's password")
	flags.StringVar(&f.from, "alert-mail-from", "", "the digests' sender")
	flags.StringSliceVar(&f.to, "alert-mail-to", nil, "addresses of the programme's that get the digests; each gets its own mail")
	flags.IntVar(&f.silentDays, "alert-silent-days", 31, "after how many days without an event a lab is silent")
	flags.DurationVar(&f.every, "alert-every", 24*time.Hour, "least time between two digests: a part of a day, or days (168h: Mondays)")
	flags.DurationVar(&f.at, "alert-at", 8*time.Hour, "time of day from which digests are counted")
	flags.BoolVar(&f.urgent, "alert-urgent", false, "critical alerts don't wait for the next digest")
	flags.StringVar(&f.lang, "alert-lang", "fr", "language of digests, fr or en")
	flags.StringVar(&f.publicURL, "public-url", "", "where the pages are for those who get digests, such as https://vitrine.example.org (default: no links)")
}

// delivery is what the flags say, checked.
type delivery struct {
	rules        alerts.Rules
	schedule     alerts.Schedule
	letterhead   alerts.Letterhead
	destinations []alerts.Destination
}

func (env *environment) delivery() (*delivery, error) {
	f := env.alerts
	d := &delivery{
		rules:      alerts.Rules{SilentDays: f.silentDays},
		schedule:   alerts.Schedule{Every: f.every, At: f.at, Zone: env.Config.Zone, Urgent: f.urgent},
		letterhead: alerts.Letterhead{Lang: schemas.Lang(f.lang), PublicURL: f.publicURL, Zone: env.Config.Zone},
	}
	var problems []error
	add := func(to alerts.Destination, err error) {
		if err != nil {
			problems = append(problems, err)
			return
		}
		d.destinations = append(d.destinations, to)
	}
	problems = append(problems, d.schedule.Check(), d.letterhead.Check())
	if f.silentDays < 1 {
		problems = append(problems, fmt.Errorf("--alert-silent-days %d: expected at least 1", f.silentDays))
	}
	secret, err := secretOf("--alert-webhook-secret-file", f.webhookSecretFile)
	problems = append(problems, err)
	password, err := secretOf("--alert-smtp-password-file", f.smtpPasswordFile)
	problems = append(problems, err)
	if f.webhook != "" {
		add(alerts.NewWebhook(alerts.WebhookConfig{URL: f.webhook, Secret: secret}))
	}
	if mails := f.smtp != ""; mails != (f.from != "") || mails != (len(f.to) > 0) {
		problems = append(problems, errors.New("--alert-smtp, --alert-mail-from, --alert-mail-to: expected all or none"))
	} else if mails {
		for _, to := range f.to {
			add(alerts.NewMail(alerts.MailConfig{Server: f.smtp, Password: password, From: f.from, To: to, Letterhead: d.letterhead}))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, usageError{err}
	}
	return d, nil
}

// secretOf reads a secret from a file; "" without one.
func secretOf(flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	if secret := strings.TrimSpace(string(raw)); secret != "" {
		return secret, nil
	}
	return "", fmt.Errorf("%s: %s is empty", flag, path)
}

// run looks for alerts and sends them until ctx ends.
func (d *delivery) run(ctx context.Context, env *environment, s *services) error {
	source, err := alerts.FromStore(s.store, d.rules)
	if err != nil {
		return err
	}
	finder, err := alerts.NewFinder(alerts.FinderConfig{JetStream: s.js, Source: source, Today: env.today, Rules: d.rules, Logger: s.logger, Registerer: s.registry,
		Made: s.store.FiguresMade,
		Ready: func(ctx context.Context) error {
			// Half a backlog, or figures that are being made again, would raise what isn't so.
			if err := s.store.CheckMadeWith(ctx, s.madeWith); err != nil {
				return err
			}
			if !s.counted(ctx) {
				return errors.New("events wait to be counted")
			}
			return nil
		}})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return finder.Run(ctx) })
	if len(d.destinations) == 0 {
		return group.Wait()
	}
	places, err := alerts.EnsureBucket(ctx, s.js, env.Config.NATSReplicas)
	if err != nil {
		return err
	}
	metrics := alerts.NewSenderMetrics(s.registry)
	for _, to := range d.destinations {
		sender, err := alerts.NewSender(alerts.SenderConfig{JetStream: s.js, Places: places, Destination: to, Schedule: d.schedule, Letterhead: d.letterhead,
			Logger: s.logger, Metrics: metrics})
		if err != nil {
			return err
		}
		group.Go(func() error { return sender.Run(ctx) })
	}
	return group.Wait()
}
