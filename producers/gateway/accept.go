package gateway

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"vitrine/producers"
	"vitrine/schemas"
)

// window is how many events of one request are in flight at once. All requests together ([Config.Concurrent])
// then have about 2,000 in flight: acknowledged in 3 s by a stream that flushes each one in 1.3 ms (measured),
// which is within one attempt's time. More would be sent again for nothing.
const window = 32

// Batch is the events of one request.
type Batch struct {
	// Raws are the events, in CloudEvents' structured JSON.
	Raws [][]byte
	// List says that they stood in a list, even if it was of one.
	List bool
}

func (b Batch) events() int { return len(b.Raws) }

func (s *service) Accept(ctx context.Context, p Principal, b Batch) (Delivery, error) {
	d := Delivery{batch: b.List}
	if err := s.deliver(ctx, p, len(b.Raws), &d, func(ctx context.Context, to *producers.Publisher, o producers.Options) error {
		_, err := to.PublishAllRaw(ctx, slices.Values(b.Raws), o)
		return err
	}); err != nil {
		return d, err
	}
	switch {
	case len(d.Accepted) > 0 || len(d.Refused) == 0:
		return d, nil
	case d.forbiddenOnly():
		f := forbidden("ces identifiants ne permettent de publier aucun de ces événements", "these credentials may publish none of these events")
		f.Delivery = &d
		return d, f
	}
	return d, &Fault{Status: http.StatusUnprocessableEntity, Code: "invalid", Delivery: &d, Detail: schemas.Text{
		FR: "aucun événement n'est acceptable : corrigez ce que « errors » indique", EN: "no event is acceptable: correct what “errors” says"}}
}

// deliver publishes n events and notes in d how each fared. The error is a *[Fault] if any wasn't confirmed.
func (s *service) deliver(ctx context.Context, p Principal, n int, d *Delivery,
	publish func(context.Context, *producers.Publisher, producers.Options) error) error {
	if n == 0 {
		return nil
	}
	if err := s.cfg.Publisher.Ready(); err != nil { // doesn't keep the client waiting for what is known
		d.Unconfirmed = from(0, n)
		return unconfirmed(d, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	told := make([]bool, n)
	cause := publish(ctx, s.cfg.Publisher.As("gateway/"+p.name()), producers.Options{
		Window: window,
		Allow:  p.publishes,
		OnResult: func(i int, _ producers.Receipt, err error) {
			told[i] = true
			switch {
			case err == nil:
				d.Accepted = append(d.Accepted, i)
			case isRefusal(err):
				d.Refused = append(d.Refused, Refusal{Index: i, Err: err})
			default:
				d.Unconfirmed = append(d.Unconfirmed, i)
			}
		},
	})
	for i, was := range told { // a series that failed ends early
		if !was {
			d.Unconfirmed = append(d.Unconfirmed, i)
		}
	}
	if len(d.Unconfirmed) > 0 {
		return unconfirmed(d, cause)
	}
	return nil
}

func isRefusal(err error) bool {
	var invalid *schemas.Invalid
	var other *notYours
	return errors.As(err, &invalid) || errors.As(err, &other)
}

// from are the indexes from..n-1.
func from(i, n int) []int {
	out := make([]int, 0, n-i)
	for ; i < n; i++ {
		out = append(out, i)
	}
	return out
}

// unconfirmed answers for events that JetStream hasn't acknowledged: slow, full, gone, or its answer lost.
func unconfirmed(d *Delivery, err error) *Fault {
	f := &Fault{Status: http.StatusServiceUnavailable, Code: "unconfirmed", RetryAfter: 2 * time.Second, Delivery: d, Err: err, Detail: schemas.Counted(len(d.Unconfirmed), schemas.Text{
		FR: "%d événement non confirmé ; renvoyez la requête telle quelle : un événement envoyé deux fois ne compte qu'une fois",
		EN: "%d event not confirmed; send the request again as it is: an event that is sent twice counts once"}, schemas.Text{
		FR: "%d événements non confirmés ; renvoyez la requête telle quelle, ou seulement « resend » : un événement envoyé deux fois ne compte qu'une fois",
		EN: "%d events not confirmed; send the request again as it is, or “resend” alone: an event that is sent twice counts once"})}
	var denied *producers.ForbiddenError
	if errors.As(err, &denied) { // an operator has to do something
		f.RetryAfter = time.Minute
	}
	return f
}
