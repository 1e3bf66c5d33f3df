package producers

import (
	"fmt"
	"io"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// What JetStream says of a message that was taken up and isn't on enough servers yet is no judgement on the message.
func TestWhatIsInProcessIsSentAgain(t *testing.T) {
	for _, c := range []struct {
		code      int
		errorCode jetstream.ErrorCode
		permanent bool
	}{
		{409, codeSameInProcess, false},    // "duplicate message id is in process"
		{400, codeSubjectInProcess, false}, // "wrong last sequence", of which it isn't known yet
		{400, jetstream.JSErrCodeStreamWrongLastSequence, true},
		{400, 10054, true}, // "message size exceeds maximum allowed"
		{404, jetstream.JSErrCodeStreamNotFound, false},
		{503, 10008, false}, // "JetStream system temporarily unavailable"
	} {
		if got := permanent(&jetstream.APIError{Code: c.code, ErrorCode: c.errorCode}); got != c.permanent {
			t.Errorf("error %d of code %d is permanent: %t", c.errorCode, c.code, got)
		}
	}
}

// The lab agent's page shows these to a lab, so no half of them may be in English.
func TestUnavailableIsSaidInFrench(t *testing.T) {
	for err, want := range map[error]string{
		nats.ErrNoServers: "envoi : indisponible après 2 tentatives, à réessayer plus tard : aucun serveur NATS n'est joignable ; le serveur NATS est-il démarré à cette adresse ?",
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF): "envoi : indisponible après 2 tentatives, à réessayer plus tard : la connexion a été coupée",
		fmt.Errorf("publish: %w", nats.ErrTimeout):  "envoi : indisponible après 2 tentatives, à réessayer plus tard : pas de réponse à temps",
	} {
		if got := (&UnavailableError{Op: "publish", Attempts: 2, Err: err}).In(schemas.French); got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
	for op, want := range map[string]string{
		"connect to nats://x:4222":                             "connexion à nats://x:4222 : refusé par le serveur NATS, vérifiez les identifiants et leurs droits : nats: authorization violation",
		"publish to vitrine.events.atelier-nord.training.held": "envoi à vitrine.events.atelier-nord.training.held : refusé par le serveur NATS, vérifiez les identifiants et leurs droits : nats: authorization violation",
	} {
		if got := (&ForbiddenError{Op: op, Err: nats.ErrAuthorization}).In(schemas.French); got != want {
			t.Errorf("%s", got)
		}
	}
}

// Where there was no connection nothing was tried, and nothing is said of attempts.
func TestNothingWasTried(t *testing.T) {
	e := &UnavailableError{Op: "publish", Err: nats.ErrDisconnected}
	if got := e.In(schemas.English); got != "publish: unavailable, try again later: nats: server is disconnected" {
		t.Error(got)
	}
	if got := e.In(schemas.French); got != "envoi : indisponible, à réessayer plus tard : la connexion a été coupée" {
		t.Error(got)
	}
}
