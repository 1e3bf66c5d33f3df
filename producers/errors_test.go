package producers

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
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
