package fabman

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

const (
	// SecretParameter and SecretHeader are where a webhook gives its secret: in its address
	// (…?secret=…), all that Fabman can be told, or in a header that a proxy sets.
	SecretParameter = "secret"
	SecretHeader    = "X-Webhook-Secret"
	// maxMessageBytes bounds a webhook's body; an activity's has about 5 KiB.
	maxMessageBytes = 1 << 20
)

// message is a webhook's body as far as it is read.
type message struct {
	Type    string `json:"type"`
	Details struct {
		Log      json.RawMessage `json:"log"`
		Resource struct {
			ID int64 `json:"id"`
		} `json:"resource"`
	} `json:"details"`
}

// Receive implements [importers.Receiver] for the webhook of Fabman's activity log. A message of
// another sort says nothing. What is to be looked at is said by the next poll, which comes by the
// same entry.
func (im *Importer) Receive(ctx context.Context, m importers.Message) ([]*schemas.Event, error) {
	if err := im.authentic(m); err != nil {
		return nil, err
	}
	msg, err := decodeMessage(m.Body)
	if err != nil {
		return nil, err
	}
	switch msg.Type {
	case "resource_created", "resource_updated", "resource_deleted":
		im.mu.Lock()
		delete(im.machines, msg.Details.Resource.ID) // asked for anew when it is used next
		im.mu.Unlock()
		return nil, nil
	case "resourceLog_created", "resourceLog_updated", "resourceLog_deleted":
	default:
		return nil, nil
	}
	e, err := decodeEntry(msg.Details.Log, webhookOrigin, msg.Type)
	if err != nil {
		return nil, err
	}
	var event *schemas.Event
	if msg.Type == "resourceLog_deleted" {
		event = im.forget(e)
	} else if event, err = im.tell(ctx, e, im.cfg.Clock()); err != nil {
		return nil, err
	}
	if err := im.memory.persist(); err != nil || event == nil {
		return nil, err
	}
	return []*schemas.Event{event}, nil
}

// forget takes an entry back that was deleted. Fabman doesn't document such a message, but its other
// records have one.
func (im *Importer) forget(e *entry) *schemas.Event {
	revision, known := im.memory.remove(*e.ID, e.version, e.start, im.cfg.Clock())
	if !known && !e.allowed() {
		return nil
	}
	return im.retraction(*e.ID, e.start, revision, reasonDeleted)
}

// webhookOrigin is where errors say that a message came from.
const webhookOrigin = "webhook"

// decodeMessage reads a webhook's body.
func decodeMessage(body []byte) (*message, error) {
	bad := func(field, fr, en string) error {
		return &importers.RecordError{Origin: webhookOrigin, Field: field, What: schemas.Text{FR: fr, EN: en}}
	}
	if len(body) > maxMessageBytes {
		return nil, bad("", "message de plus de 1 Mio", "message of more than 1 MiB")
	}
	msg := &message{}
	if err := unmarshal(body, msg); err != nil {
		return nil, bad(err.Error(), "inattendu, attendu : le message d'un webhook de Fabman", "unexpected, expected the message of a webhook of Fabman")
	}
	if msg.Type == "" {
		return nil, bad("type", "absent, attendu : resourceLog_updated, …", "missing, expected resourceLog_updated, …")
	}
	return msg, nil
}

// authentic says whether a message knows the secret.
func (im *Importer) authentic(m importers.Message) error {
	what := schemas.Text{
		FR: fmt.Sprintf("secret faux ou absent : l'adresse du webhook dans Fabman doit finir par ?%s=… avec le secret du réglage webhook-secret", SecretParameter),
		EN: fmt.Sprintf("wrong or missing secret: the webhook's address in Fabman must end in ?%s=… with the secret of the setting webhook-secret", SecretParameter)}
	if im.cfg.WebhookSecret == "" {
		what = schemas.Text{FR: "webhook refusé : aucun secret n'est réglé (webhook-secret)", EN: "webhook refused: no secret is set (webhook-secret)"}
	} else {
		given := slices.Concat(m.Query[SecretParameter], m.Header.Values(SecretHeader))
		// Digests of one length, so that neither the secret nor its length shows in the time it takes.
		want := sha256.Sum256([]byte(im.cfg.WebhookSecret))
		for _, secret := range given {
			if got := sha256.Sum256([]byte(secret)); subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
				return nil
			}
		}
	}
	return &importers.RecordError{Origin: webhookOrigin, Field: SecretParameter, What: what}
}
