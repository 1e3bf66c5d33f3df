package loops

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/schemas"
)

// event is what encoding/json reads.
type event struct {
	ID        uuid.UUID       `json:"id"`
	Source    string          `json:"source"`
	Type      string          `json:"type"`
	Time      time.Time       `json:"time"`
	Revision  int64           `json:"revision"`
	Retracted bool            `json:"retracted"`
	Data      json.RawMessage `json:"data"`
}

// plain is the loop that one writes first: fetch 10,000, decode with encoding/json, insert rows, acknowledge each.
func plain(ctx context.Context, c Config) (Rate, error) {
	options, err := clickhouse.ParseDSN(c.ClickHouse)
	if err != nil {
		return Rate{}, err
	}
	table, err := clickhouse.Open(options)
	if err != nil {
		return Rate{}, err
	}
	defer table.Close()
	conn, pull, err := consumer(ctx, c, "plain", jetstream.AckExplicitPolicy)
	if err != nil {
		return Rate{}, err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		fetched, err := pull.Fetch(10_000, jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return Rate{}, ended(ctx, err)
		}
		var messages []jetstream.Msg
		for m := range fetched.Messages() {
			messages = append(messages, m)
		}
		if len(messages) == 0 {
			continue
		}
		rows, err := table.PrepareBatch(ctx, "INSERT INTO plain")
		if err != nil {
			return Rate{}, ended(ctx, err)
		}
		for _, m := range messages {
			var e event
			if err := json.Unmarshal(m.Data(), &e); err != nil {
				return Rate{}, err
			}
			lab := strings.Split(e.Source, "/")[2]
			kind := strings.TrimPrefix(e.Type, schemas.TypePrefix)
			if err := rows.Append(lab, kind, e.ID, e.Time, e.Revision, e.Retracted, e.Source, string(e.Data)); err != nil {
				return Rate{}, err
			}
		}
		if err := rows.Send(); err != nil {
			return Rate{}, ended(ctx, err)
		}
		for _, m := range messages {
			if err := m.Ack(); err != nil {
				return Rate{}, err
			}
		}
	}
	return Rate{}, nil
}
