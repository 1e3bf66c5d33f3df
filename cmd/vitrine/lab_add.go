package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// registrySystem is the system that registrations made here come from, in their ids.
const registrySystem = "registry"

// registration are the fields of lab.registered, as given; the door checks them.
type registration struct {
	name, commune, insee, department, region, archetype, zone, latitude, longitude, opened, website string
}

func (r *registration) bind(flags *pflag.FlagSet) {
	flags.StringVar(&r.name, "name", "", "the lab's name; registers the lab with what follows")
	flags.StringVar(&r.commune, "commune", "", "its commune")
	flags.StringVar(&r.insee, "insee", "", "the commune's INSEE code")
	flags.StringVar(&r.department, "department", "", "its department, e.g. 29")
	flags.StringVar(&r.region, "region", "", "its region")
	flags.StringVar(&r.archetype, "archetype", "", "its kind of lab (a code of the taxonomy)")
	flags.StringVar(&r.latitude, "latitude", "", "its latitude, in degrees")
	flags.StringVar(&r.longitude, "longitude", "", "its longitude, in degrees")
	flags.StringVar(&r.opened, "opened", "", "the day on which it opened, YYYY-MM-DD")
	flags.StringVar(&r.website, "website", "", "its web site")
}

// event is the registration as an event, or nil if nothing of it was given. Registering again is a new version of the same event.
func (r *registration) event(lab string) (*schemas.Event, error) {
	data := map[string]any{}
	for name, value := range map[string]string{"name": r.name, "commune": r.commune, "insee": r.insee, "department": r.department,
		"region": r.region, "archetype": r.archetype, "zone": r.zone, "opened": r.opened, "website": r.website} {
		if value != "" {
			data[name] = value
		}
	}
	for name, value := range map[string]string{"latitude": r.latitude, "longitude": r.longitude} {
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			data[name] = json.Number(value)
		} else if value != "" {
			data[name] = value // the door says what is wrong with it
		}
	}
	if len(data) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(data)
	if err != nil { // a number that JSON has not, e.g. +1 or Inf
		return nil, usageError{fmt.Errorf("--latitude %q, --longitude %q: %w", r.latitude, r.longitude, err)}
	}
	const kind = "lab.registered"
	return &schemas.Event{SpecVersion: "1.0", ID: schemas.RecordID(lab, registrySystem, kind), Source: schemas.SourceOf(lab, ""),
		Type: schemas.TypePrefix + kind, Time: time.Now().Truncate(time.Second), Data: raw}, nil
}

func newLabAddCommand(env *environment, f *labFlags) *cobra.Command {
	var programme bool
	var r registration
	var credsOut string
	cmd := &cobra.Command{
		Use:   "add LAB",
		Short: "Give a lab its credentials, and register it",
		Long: `Give a lab its first credentials, or new ones after they were revoked: a token for HTTP, printed once on
a line of its own, and a credentials file for NATS. With --name and what follows it, the lab is
registered first: its name and place. --zone says its time zone where it isn't the programme's (fixed
by the first registration).`,
		Example: "  vitrine lab add atelier-nord --name \"Atelier Nord\" --commune Brest --department 29\n  vitrine lab add atelier-run --name \"Atelier Run\" --commune Saint-Denis --zone Indian/Reunion\n  vitrine lab add --programme",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			lab, err := env.labName(args, programme)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("zone") {
				r.zone = env.Config.ZoneName
			}
			event, err := r.event(lab)
			switch {
			case err != nil:
				return err
			case programme && event != nil:
				return usageError{errors.New(env.say("--programme n'enregistre aucun lab", "--programme registers no lab"))}
			}
			if credsOut, err = env.credsFile(lab, credsOut); err != nil {
				return err
			}
			return env.addLab(cmd.Context(), f, lab, credsOut, event)
		},
	}
	cmd.Flags().BoolVar(&programme, "programme", false, "the programme's own credentials: its kinds, for any lab")
	r.bind(cmd.Flags())
	bindCredsOut(cmd, &credsOut)
	return cmd
}

// addLab registers a lab, if there is something to register, and then issues its credentials: where
// the registration is refused nothing was issued, and the command can be given again as a whole.
func (env *environment) addLab(ctx context.Context, f *labFlags, lab, credsOut string, event *schemas.Event) error {
	registry, err := env.openRegistry(ctx, f)
	if err != nil {
		return err
	}
	defer registry.conn.Close()
	if event != nil {
		if err := registry.mayAdd(ctx, lab); err != nil {
			return env.labError(lab, err)
		}
		if err := env.register(ctx, lab, event); err != nil {
			return err
		}
	}
	issued, err := registry.Add(ctx, lab)
	return env.handOver(lab, credsOut, issued, err)
}

// mayAdd looks before a lab is registered.
func (r *labRegistry) mayAdd(ctx context.Context, lab string) error {
	entries, err := r.List(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Lab == lab && e.Live(time.Now()) {
			return credentials.ErrExists
		}
	}
	return nil
}

func (env *environment) register(ctx context.Context, lab string, event *schemas.Event) error {
	p, err := env.publisher(ctx, "lab", cliAttempts)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.EnsureStreams(ctx); err != nil {
		return env.spoken(err)
	}
	_, err = p.Publish(ctx, event)
	var invalid *schemas.Invalid
	if errors.As(err, &invalid) {
		env.refusal(env.Stderr, lab, invalid)
		return fmt.Errorf(env.say("%s n'est pas enregistré, et rien n'a été délivré", "%s isn't registered, and nothing was issued"), lab)
	}
	if err != nil {
		return env.spoken(err)
	}
	fmt.Fprintf(env.Stdout, env.say("%s est enregistré.\n", "%s is registered.\n"), lab)
	return nil
}
