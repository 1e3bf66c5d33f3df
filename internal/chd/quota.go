package chd

import (
	"cmp"
	"sync"
	"time"
)

// quotaWindow is the time that a quota is for.
const quotaWindow = time.Hour

// Quota is how much may be asked for within an hour, by all analysts together. The hour begins with a statement.
type Quota struct {
	Statements int64 // how many; those refused before they ran don't count
	ReadRows   int64 // rows that they read, all parts of views included; what is over when one ends is let pass
}

// DefaultQuota is more than some dashboards that are always open ask for, and less than a loop gone wrong.
func DefaultQuota() Quota { return Quota{Statements: 10_000, ReadRows: 20_000_000_000} }

func (q Quota) withDefaults() Quota {
	d := DefaultQuota()
	return Quota{Statements: cmp.Or(q.Statements, d.Statements), ReadRows: cmp.Or(q.ReadRows, d.ReadRows)}
}

// quotaMeter counts against a quota.
type quotaMeter struct {
	quota Quota
	now   func() time.Time

	mu    sync.Mutex
	since time.Time // when the present hour began
	used  Quota
}

func newQuotaMeter(q Quota, now func() time.Time) *quotaMeter {
	return &quotaMeter{quota: q, now: now}
}

// begin counts a statement, or refuses it.
func (m *quotaMeter) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); m.since.IsZero() || now.Sub(m.since) >= quotaWindow || now.Before(m.since) {
		m.since, m.used = now, Quota{}
	}
	again := m.since.Add(quotaWindow).UTC().Format(time.RFC3339)
	switch {
	case m.used.Statements >= m.quota.Statements:
		return newException(codeQuotaExceeded, "QUOTA_EXCEEDED", "Quota for user %s has been exceeded: %d statements within an hour; it begins anew at %s", UserAnalyst, m.quota.Statements, again)
	case m.used.ReadRows >= m.quota.ReadRows:
		return newException(codeQuotaExceeded, "QUOTA_EXCEEDED", "Quota for user %s has been exceeded: %d rows read within an hour, of %d; it begins anew at %s", UserAnalyst, m.used.ReadRows, m.quota.ReadRows, again)
	}
	m.used.Statements++
	return nil
}

// end counts what a statement read.
func (m *quotaMeter) end(s stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used.ReadRows += int64(s.readRows)
}
