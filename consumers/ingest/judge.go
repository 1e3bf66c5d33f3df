package ingest

import (
	"context"
	"errors"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

const streamEvents = schemas.StreamEvents

// judge reads one message of a batch: it gives it a row or a rejection. The verdict depends on the message and on
// what stands before it in the stream alone, so that it is the same at every delivery.
func (c *Consumer) judge(ctx context.Context, b *batch, m *message) error {
	given := given{subject: m.subject, seq: m.seq, received: m.received, raw: m.raw}
	row, err := c.accept(ctx, given, &b.parts)
	var refused *schemas.Invalid
	switch {
	case errors.As(err, &refused):
		b.rejected = append(b.rejected, *given.rejection(refused))
	case err != nil:
		return err
	default:
		c.door.Reset() // nothing of the event is held: the row has its own copy
		b.rows = append(b.rows, row)
	}
	m.subject, m.raw = "", nil
	return nil
}

// given is a message as it was sent.
type given struct {
	subject  string
	seq      uint64
	received time.Time
	raw      []byte
}

// accept makes a row of a message, whose slices are parts of p; the error is a *schemas.Invalid where it can't be accepted.
func (c *Consumer) accept(ctx context.Context, m given, p *parts) (clickhouse.Row, error) {
	e, err := c.door.Decode(m.raw, m.received)
	if err != nil {
		return clickhouse.Row{}, err
	}
	if !e.OnSubject(m.subject) {
		want := schemas.Subject(e.Lab(), e.Kind())
		return clickhouse.Row{}, wrong(e, schemas.Problem{Field: "source", Code: schemas.CodeWrongSubject, Found: schemas.Evidence(m.subject, maxNameKept),
			Expected: schemas.Text{FR: want, EN: want}})
	}
	zone, err := c.zones.of(ctx, e, m.seq)
	if err != nil {
		return clickhouse.Row{}, err
	}
	place := c.days.PlaceOf(e, zone)
	if err := c.rules.Check(e, place); err != nil { // whoever computes the cell must be able to
		return clickhouse.Row{}, wrong(e, schemas.Problem{Field: "data", Code: schemas.CodeRange, Found: err.Error(),
			Expected: schemas.Text{FR: "des nombres vraisemblables", EN: "plausible numbers"}})
	}
	return clickhouse.Row{
		Lab: e.Lab(), Kind: e.Kind(), ID: e.ID, Version: clickhouse.Version{Revision: uint32(e.Revision), StreamSeq: m.seq},
		Retracted: e.Retracted, Source: e.Source, Reason: e.Reason, Place: place, ReceivedAt: m.received,
		Measures: p.measuresOf(e), Segments: p.segmentsOf(e), CompanyRefs: p.companiesOf(e), Data: p.data.keep(e.Data),
	}, nil
}

func wrong(e *schemas.Event, p schemas.Problem) *schemas.Invalid {
	return &schemas.Invalid{ID: e.ID.String(), Lab: e.Lab(), Kind: e.Kind(), Problems: []schemas.Problem{p}}
}

// What is kept of a rejected message in ClickHouse, in bytes; the stream has it whole. A subject's
// tokens are whatever the sender made them.
const (
	maxRawKept  = 64 << 10
	maxNameKept = 256
)

// rejection is what is kept of a refused message. The door has masked personal data in names and reasons already.
func (m given) rejection(refused *schemas.Invalid) *clickhouse.Rejection {
	lab, kind, _ := schemas.ParseSubject(m.subject)
	if !schemas.IsSlug(lab) { // nobody's; the subject is kept whole
		lab, kind = "", ""
	}
	first := refused.Problems[0]
	name := func(s string) string { return schemas.Evidence(s, maxNameKept) }
	return &clickhouse.Rejection{
		StreamSeq: m.seq, Lab: lab, Kind: name(kind), ID: refused.ID, Code: first.Code, Field: first.Field,
		Reason:  schemas.Text{FR: refused.In(schemas.French), EN: refused.In(schemas.English)},
		Subject: name(m.subject), ReceivedAt: m.received,
		Raw: schemas.Evidence(string(m.raw), maxRawKept),
	}
}
