package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/ingest"
	"vitrine/producers/credentials"
	"vitrine/schemas"
)

// registryPatience bounds how long the lab's registration is looked for.
const registryPatience = 10 * time.Second

// labZone is that in which a lab's dates and times are understood, and says which it is: another would put them on other days. It is
// the one that the lab is registered with, as for the form and the gateway; the programme's where it isn't registered, or where these
// credentials don't show it, as a lab's own. On the command line --zone says it.
func (env *environment) labZone(ctx context.Context, lab string, given bool) (*time.Location, error) {
	say := func(zone *time.Location, fr, en string) *time.Location {
		fmt.Fprintf(env.Stderr, env.say("dates et heures : fuseau %s, %s\n", "dates and times: zone %s, %s\n"), zone, env.say(fr, en))
		return zone
	}
	programme := env.Config.Zone
	if given {
		return say(programme, "donné par --zone", "given by --zone"), nil
	}
	may, err := credentials.MayPublish(env.Config.NATSCreds, "$JS.API.STREAM.MSG.GET."+schemas.StreamEvents)
	if err != nil {
		return nil, usageError{fmt.Errorf("--nats-creds: %w", err)}
	}
	if !may {
		return say(programme, "celui du programme (ces identifiants ne montrent pas celui du fab lab ; s'il en a un autre, donnez-le par --zone)",
			"the programme's (these credentials don't show the lab's; if it has another, give it by --zone)"), nil
	}
	switch zone, registered, err := env.registeredZone(ctx, lab); {
	case err != nil:
		return nil, err
	case !registered:
		return say(programme, "celui du programme (le fab lab n'est pas enregistré)", "the programme's (the lab isn't registered)"), nil
	default:
		return say(zone, "avec lequel le fab lab est enregistré", "with which the lab is registered"), nil
	}
}

// likelyZone is [environment.labZone] for who sends nothing: where NATS doesn't answer, it is the programme's.
func (env *environment) likelyZone(ctx context.Context, lab string, given bool) (*time.Location, error) {
	zone, err := env.labZone(ctx, lab, given)
	var wrong usageError
	if err == nil || errors.As(err, &wrong) || ctx.Err() != nil {
		return zone, err
	}
	fmt.Fprintf(env.Stderr, env.say("dates et heures : fuseau %s, celui du programme, car : %v\n", "dates and times: zone %s, the programme's, since: %v\n"), env.Config.Zone, err)
	return env.Config.Zone, nil
}

// registeredZone looks for the lab's registration in the stream.
func (env *environment) registeredZone(ctx context.Context, lab string) (*time.Location, bool, error) {
	conn, err := env.dialNATS(env.logger())
	if err != nil {
		return nil, false, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, registryPatience)
	defer cancel()
	zone, registered, err := ingest.ZoneOf(ctx, js, lab, env.Config.Zone)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf(env.say("le fuseau de %s n'a pas pu être lu ; donnez-le par --zone : %w", "the zone of %s couldn't be read; give it by --zone: %w"), lab, err)
	}
	return zone, registered, nil
}
