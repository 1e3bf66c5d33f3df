package agentcmd

import (
	"context"

	"vitrine/producers"
	"vitrine/producers/credentials"
	"vitrine/producers/importers"
)

// ownLab sends over NATS while the credentials are the lab's. With another lab's the server would refuse each event for
// good, so that all of them would be put aside.
type ownLab struct {
	*producers.Ordered
	credentials, lab string
}

// Send is [producers.Ordered.Send], unless another lab's credentials have taken the place of the right ones.
func (s ownLab) Send(ctx context.Context, parcels []producers.Parcel) (settled []error, err error) {
	if may, err := credentials.MaySend(s.credentials, s.lab); err == nil && !may { // a file that can't be read is told of where it is needed
		return nil, s.theirs()
	}
	return s.Ordered.Send(ctx, parcels)
}

// theirs is the error of credentials that aren't the lab's.
func (s ownLab) theirs() error {
	return importers.Problem("credentials, %s : ces identifiants ne permettent pas d'envoyer l'activité de %s ; attendu : ceux que le programme a donnés à ce fab lab",
		"credentials, %s: they can't send the activity of %s; expected: those that the programme gave that lab", s.credentials, s.lab)
}
