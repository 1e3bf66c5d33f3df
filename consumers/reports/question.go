package reports

import (
	"time"

	"vitrine/schemas"
)

// Question says which report is wanted.
type Question struct {
	// Lab is the lab's slug; "" is the programme.
	Lab string
	// Period is a quarter ("2026-Q1") or a month ("2026-03").
	Period string
	// AsOf is the day from which what isn't approved is looked at, midnight UTC; zero is today.
	AsOf time.Time
	Lang schemas.Lang
}
