package agentcmd

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"vitrine/producers"
	"vitrine/producers/client"
)

// byToken sends over HTTPS with the token in a file. Where the programme has replaced it and the file holds the new one, that is taken, as NATS credentials
// are at each reconnection. Its methods are for one goroutine at a time.
type byToken struct {
	*client.Client
	config client.Config
	path   string
}

func newByToken(config client.Config, path string) (*byToken, error) {
	c, err := client.New(config)
	return &byToken{c, config, path}, err
}

// Send is [client.Client.Send].
func (s *byToken) Send(ctx context.Context, parcels []producers.Parcel) (settled []error, err error) {
	settled, err = s.Client.Send(ctx, parcels)
	var refused *client.ForbiddenError
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		s.renew() // for the next attempt
	}
	return settled, err
}

// renew takes another token if the file holds one; if it can't be read or isn't a token, the former one's refusal says enough.
func (s *byToken) renew() {
	config := s.config
	token, err := readSecret(s.path)
	if err != nil || subtle.ConstantTimeCompare([]byte(token), []byte(config.Token)) == 1 {
		return
	}
	config.Token = token
	c, err := client.New(config)
	if err != nil {
		return
	}
	_ = s.Client.Close() // which only lets go of idle connections
	s.Client, s.config = c, config
	s.config.Logger.Info("the programme refuses the former token; the file holds another one, which is taken", "file", s.path)
}
