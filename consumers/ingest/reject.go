package ingest

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Headers of a message in VITRINE_REJECTED.
const (
	headerReason   = "Vitrine-Reason"
	headerReasonFR = "Vitrine-Reason-Fr"
	headerCode     = "Vitrine-Code"
	headerField    = "Vitrine-Field"
	headerSubject  = "Vitrine-Subject"
	headerSeq      = "Vitrine-Stream-Seq"
)

// publishRejection is idempotent within the stream's window by its message id; beyond it a repeated
// one is told by its sequence header.
func (c *Consumer) publishRejection(ctx context.Context, r clickhouse.Rejection) error {
	m := nats.NewMsg(schemas.SubjectRejected(r.Lab))
	m.Data = []byte(r.Raw)
	m.Header.Set(headerReason, r.Reason.EN)
	m.Header.Set(headerReasonFR, r.Reason.FR)
	m.Header.Set(headerCode, r.Code)
	m.Header.Set(headerField, r.Field)
	m.Header.Set(headerSubject, r.Subject)
	m.Header.Set(headerSeq, strconv.FormatUint(r.StreamSeq, 10))
	if _, err := c.config.JetStream.PublishMsg(ctx, m, jetstream.WithMsgID("rejected-"+strconv.FormatUint(r.StreamSeq, 10))); err != nil {
		return fmt.Errorf("publish rejection of message %d: %w", r.StreamSeq, err)
	}
	return nil
}
