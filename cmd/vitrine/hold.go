package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/consumers/claim"
	"vitrine/consumers/clickhouse"
	"vitrine/consumers/ingest"
	"vitrine/schemas"
)

// holding claims the figures and holds the consumers until release is called, as [ingest.Hold] does.
type holding func(ctx context.Context) (held context.Context, release func(), err error)

// hold is for a command. What a consumer that was killed had in hand will come again.
func (env *environment) hold(s *services, command string) holding {
	return func(ctx context.Context) (context.Context, func(), error) {
		held, release, empty, err := env.holdAndWait(ctx, s, command, ingest.HoldFor)
		if err == nil && !empty {
			s.logger.Warn("a consumer still has events in hand; it was probably killed, and they will come again")
		}
		return held, release, err
	}
}

// holdIdle is [environment.hold], and an error while a consumer that only hangs, as on a machine that was suspended, may still store what it has in hand: what is
// erased would be there again. Where the figures are being made, consumers wait, and give it back.
func (env *environment) holdIdle(s *services, command string, atMost time.Duration) holding {
	return func(ctx context.Context) (context.Context, func(), error) {
		held, release, empty, err := env.holdAndWait(ctx, s, command, atMost)
		if err != nil || empty {
			return held, release, err
		}
		made, err := s.store.FiguresMade(held)
		if err == nil && made.With == clickhouse.Rebuilding {
			return held, release, nil
		}
		release()
		return nil, nil, errors.Join(err, errors.New(env.say(
			"rien n'est effacé : un consommateur a encore des événements en main, qu'il pourrait écrire après coup. S'il tourne, attendez qu'il ait fini ; s'il a été tué, relancez-le. Puis redonnez la commande",
			"nothing was erased: a consumer still has events in hand, which it might write afterwards. If it runs, wait until it is done; if it was killed, start it again. Then give the command again")))
	}
}

// holdAndWait says besides whether nothing is in anybody's hand, which it waits for.
func (env *environment) holdAndWait(ctx context.Context, s *services, command string, atMost time.Duration) (held context.Context, release func(), empty bool, err error) {
	held, release, err = ingest.Hold(ctx, schemas.ConsumerDurable, env.claim(s, command))
	if err != nil {
		return nil, nil, false, err
	}
	return held, release, ingest.WaitHandsEmpty(held, s.js, schemas.ConsumerDurable, atMost), nil
}

// claim is a command's on the figures.
func (env *environment) claim(s *services, command string) claim.Config {
	return claim.Config{JetStream: s.js, Replicas: env.Config.NATSReplicas, Command: command, Logger: s.logger}
}

// claimed says in the user's language that somebody else is at work on the figures.
func (env *environment) claimed(err error) error {
	var held *claim.HeldError
	switch {
	case errors.As(err, &held):
		return fmt.Errorf(env.say("vitrine %s travaille sur les chiffres depuis le %s, sur la machine %s (processus %d) : attendez la fin, puis redonnez la commande",
			"vitrine %s is at work on the figures since %s, on host %s (process %d): wait until it has ended, then give the command again"),
			held.By.Command, held.By.Since.In(env.Config.Zone).Format("2006-01-02 15:04:05"), held.By.Host, held.By.Process)
	case errors.Is(err, claim.ErrLost):
		return errors.New(env.say("un autre processus s'est mis à travailler sur les chiffres, celui-ci n'ayant pas donné signe de vie pendant un moment : redonnez la commande",
			claim.ErrLost.Error()+": give the command again"))
	}
	return err
}
