package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"

	"vitrine/schemas"
)

// viewMade is a statement that makes a view. Making them all takes ClickHouse four seconds of work, which a consumer that starts
// again would ask of it each time. So each view's comment tells by whom it was made: by which schema, since a view has the columns that its
// tables had then, and on which ClickHouse, which says of what type they are. Whoever makes a view otherwise, an older program
// or a person, leaves no such comment.
var viewMade = regexp.MustCompile(`^CREATE OR REPLACE VIEW (\w+)\s`)

// viewsMade says what the comment of these migrations' views is here, and whether all of them are there with it.
func (s *Store) viewsMade(ctx context.Context, migrations []schemas.Migration) (comment string, made bool, err error) {
	hash := sha256.New()
	var views, there []string
	for _, m := range migrations {
		for _, statement := range m.Statements {
			fmt.Fprintln(hash, statement)
			if view := viewMade.FindStringSubmatch(statement); view != nil {
				views = append(views, view[1])
			}
		}
	}
	parameters := clickhouse.WithParameters(clickhouse.Parameters{"schema": "schema " + hex.EncodeToString(hash.Sum(nil)[:16])})
	if err := s.conn.QueryRow(clickhouse.Context(ctx, parameters), s.query("views_made")).Scan(&comment, &there); err != nil {
		return "", false, fmt.Errorf("look for the views: %w", err)
	}
	missing := slices.ContainsFunc(views, func(name string) bool { return !slices.Contains(there, name) })
	return comment, !missing, nil
}
