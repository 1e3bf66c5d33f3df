package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schemas"
)

// until is a day in the middle of a month and of a quarter, like any day a demo is started on.
var until = time.Date(2026, 5, 13, 0, 0, 0, 0, time.UTC)

func programme(t testing.TB, c Config) *Programme {
	t.Helper()
	if c.Until.IsZero() {
		c.Until = until
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func hash(p *Programme) [32]byte {
	h := sha256.New()
	for m := range p.History() {
		h.Write([]byte(m.Subject))
		h.Write(m.Raw)
	}
	return [32]byte(h.Sum(nil))
}

func TestHistoryIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	first := hash(p)
	if hash(p) != first {
		t.Error("a second walk of the same programme differs")
	}
	if hash(programme(t, Config{Seed: 1})) != first {
		t.Error("a second programme of the same configuration differs")
	}
	if hash(programme(t, Config{Seed: 2})) == first {
		t.Error("another seed gives the same history")
	}
}

func TestEveryMessageIsWhatItClaims(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 77} {
		p := programme(t, Config{Seed: seed})
		now := until.Add(24 * time.Hour)
		var n, invalid int
		var last time.Time
		for m := range p.History() {
			if n++; m.Valid && (seed != 1 && n%5 != 0 || n%thinning != 0) {
				continue // one seed whole; of the others a part, for time
			}
			e, err := schemas.Decode(m.Raw, now)
			lab, kind, ok := schemas.ParseSubject(m.Subject)
			if !ok {
				t.Fatalf("subject %s", m.Subject)
			}
			if !m.Valid {
				invalid++
				if m.Event != nil {
					t.Errorf("invalid message with an event: %s", m.Raw)
				}
				if err == nil && e.Lab() == lab {
					t.Errorf("acceptable, but said to be invalid: %s", m.Raw)
				}
				continue
			}
			if err != nil {
				t.Fatalf("refused: %v\n%s", err, m.Raw)
			}
			if e.Lab() != lab || e.Kind() != kind || e.ID != m.Event.ID || !e.Time.Equal(m.Event.Time) {
				t.Fatalf("subject %s and event %s don't agree: %s", m.Subject, m.Event.ID, m.Raw)
			}
			if m.Published.Before(e.Time) || m.Published.After(until) {
				t.Errorf("published %s: %s", m.Published, m.Raw)
			}
			if n > 2*len(p.Labs()) { // the registry may be out of order
				if m.Published.Before(last) {
					t.Errorf("published %s after %s", m.Published, last)
				}
				last = m.Published
			}
			if bytes.ContainsRune(m.Raw, '@') {
				t.Errorf("an address in %s", m.Raw)
			}
		}
		if share := float64(invalid) / float64(n); share < 0.0004 || share > 0.0011 {
			t.Errorf("%d of %d messages are invalid", invalid, n)
		}
	}
}

func TestRegistryComesFirst(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	labs, n := p.Labs(), 0
	for m := range p.History() {
		want := "vitrine.programme." + labs[n%len(labs)].Slug + ".lab.registered"
		if n >= len(labs) {
			want = "vitrine.programme." + labs[n%len(labs)].Slug + ".agreement.signed"
		}
		if m.Subject != want {
			t.Fatalf("message %d: %s instead of %s", n, m.Subject, want)
		}
		if n++; n == 2*len(labs) {
			return
		}
	}
}

func TestLabsAreFit(t *testing.T) {
	t.Parallel()
	labs := programme(t, Config{}).Labs()
	if len(labs) != 14 {
		t.Errorf("%d labs", len(labs))
	}
	seen := map[string]bool{}
	zones := map[string]int{}
	longest := 0
	for _, l := range labs {
		if !schemas.IsSlug(l.Slug) || seen[l.Slug] || seen[l.Commune] {
			t.Errorf("slug %s, commune %s", l.Slug, l.Commune)
		}
		seen[l.Slug], seen[l.Commune] = true, true
		zones[l.Zone]++
		longest = max(longest, len([]rune(l.Name)))
		if l.Latitude.Micros() == 0 || l.Department != l.INSEE[:2] && l.Department != l.INSEE[:3] {
			t.Errorf("%s: place %s, département %s, INSEE %s", l.Slug, l.Latitude, l.Department, l.INSEE)
		}
	}
	if longest < 100 || longest > 120 {
		t.Errorf("the longest name has %d characters", longest)
	}
	if zones["Indian/Reunion"] != 1 || zones["America/Cayenne"] != 1 || zones["Europe/Paris"] != 12 {
		t.Errorf("zones %v", zones)
	}
}

// latest is the winning version of every valid event, in order of its first appearance.
func latest(p *Programme) []*schemas.Event {
	at := map[string]int{}
	var all []*schemas.Event
	for m := range p.History() {
		if !m.Valid {
			continue
		}
		key := m.Event.Lab() + m.Event.ID.String()
		i, known := at[key]
		switch {
		case !known:
			at[key] = len(all)
			all = append(all, m.Event)
		case m.Event.Revision >= all[i].Revision:
			all[i] = m.Event
		}
	}
	return all
}

func live(p *Programme) []*schemas.Event {
	return slices.DeleteFunc(latest(p), func(e *schemas.Event) bool { return e.Retracted })
}

func TestCountsAddUp(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 3})
	c := p.Count()
	var n, invalid, retractions, revised, repeated int
	bytesSeen := map[[32]byte]bool{}
	for m := range p.History() {
		n++
		sum := sha256.Sum256(m.Raw)
		switch {
		case !m.Valid:
			invalid++
		case bytesSeen[sum]:
			repeated++
		case m.Event.Retracted:
			retractions++
		case m.Event.Revision > 0:
			revised++
		}
		bytesSeen[sum] = true
	}
	want := Counts{Messages: n, Events: len(latest(p)), Corrections: revised, Retractions: retractions, Duplicates: repeated, Invalid: invalid, Live: len(live(p))}
	if c != want {
		t.Errorf("Count says %+v, the history holds %+v", c, want)
	}
	t.Logf("%+v", c)
	if c.Messages < 60_000 || c.Messages > 120_000 {
		t.Errorf("%d messages", c.Messages)
	}
	for what, share := range map[string][3]float64{"corrections": {float64(c.Corrections), 0.007, 0.02}, "retractions": {float64(c.Retractions), 0.002, 0.004}, "duplicates": {float64(c.Duplicates), 0.003, 0.007}} {
		if got := share[0] / float64(n); got < share[1] || got > share[2] {
			t.Errorf("%s: %.4f of the messages", what, got)
		}
	}
}

func zoneOf(t testing.TB, l Lab) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(l.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestTimesAreLocal(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	zones := map[string]*time.Location{}
	for _, l := range p.Labs() {
		zones[l.Slug] = zoneOf(t, l)
	}
	for m := range p.History() {
		if !m.Valid {
			continue
		}
		_, offset := m.Event.Time.Zone()
		if _, want := m.Event.Time.In(zones[m.Event.Lab()]).Zone(); offset != want {
			t.Fatalf("offset of %s: %s", m.Event.Lab(), m.Raw)
		}
		local := m.Event.Time.In(zones[m.Event.Lab()])
		if h := local.Hour(); m.Event.Kind() == "training.held" && (h < 9 || h > 19 || local.Weekday() == time.Sunday) && m.Event.Revision == 0 {
			t.Errorf("training at %s: %s", local, m.Raw)
		}
	}
}

func TestUsageCrossesMidnightAndClockChanges(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	paris := p.end.Location()
	nights, changes := 0, map[string]int{}
	for _, e := range live(p) {
		if e.Kind() != "machine.usage" {
			continue
		}
		var u schemas.MachineUsage
		if err := json.Unmarshal(e.Data, &u); err != nil {
			t.Fatal(err)
		}
		if e.Time.Format(time.DateOnly) != u.End.Format(time.DateOnly) {
			nights++
		}
		_, before := e.Time.In(paris).Zone()
		_, after := u.End.In(paris).Zone()
		if before != after && strings.Contains("etabli-des-embruns fil-et-fraise coque-et-ecrou", e.Lab()) {
			changes[u.End.Format(time.DateOnly)]++
		}
	}
	if nights < 500 {
		t.Errorf("%d usages over midnight", nights)
	}
	for _, night := range []string{"2024-10-27", "2025-03-30", "2025-10-26", "2026-03-29"} {
		if changes[night] == 0 {
			t.Errorf("no usage over the clock change of %s", night)
		}
	}
}

func TestMachinesDoOneThingAtATime(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	busy := map[string]time.Time{}
	events := live(p)
	slices.SortStableFunc(events, func(a, b *schemas.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range events {
		if e.Kind() != "machine.usage" || e.Revision > 0 {
			continue
		}
		var u schemas.MachineUsage
		if err := json.Unmarshal(e.Data, &u); err != nil {
			t.Fatal(err)
		}
		key := e.Lab() + "/" + u.Machine
		if e.Time.Before(busy[key]) {
			t.Fatalf("%s is used at %s, but was busy until %s", key, e.Time, busy[key])
		}
		busy[key] = u.End
	}
}

func TestSIRENs(t *testing.T) {
	t.Parallel()
	seen := map[string]map[string]bool{}
	p := programme(t, Config{Seed: 1})
	for i, pool := range firmPools(p.seed, p.labs, 1) {
		for _, c := range pool {
			siren := c.SIREN
			if c.SIRET != "" {
				siren = c.SIRET[:9]
			}
			if siren == "" {
				continue
			}
			if !strings.HasPrefix(siren, "999") {
				t.Errorf("SIREN %s might be a real company's", siren)
			}
			if seen[siren] == nil {
				seen[siren] = map[string]bool{}
			}
			seen[siren][p.labs[i].Slug] = true
		}
	}
	shared := 0
	for _, labs := range seen {
		if len(labs) > 1 {
			shared++
		}
	}
	if shared < 10 || shared > 60 {
		t.Errorf("%d companies are known to two labs or more", shared)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"no day": {}, "months": {Until: until, Months: 2}, "scale": {Until: until, Scale: -1}, "too early": {Until: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOtherLengthsAndScales(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Months: 3}, {Months: 6, Scale: 0.2}, {Months: 36, Scale: 0.5}, {Months: 3, Scale: 4}, {Until: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, {Until: time.Date(2028, 2, 29, 23, 30, 0, 0, time.UTC), Months: 7}} {
		p := programme(t, c)
		now, n := p.end.Add(24*time.Hour), 0
		for m := range p.History() {
			n++
			if n%(7*thinning) != 0 || !m.Valid { // every seventh, for time
				continue
			}
			if _, err := schemas.Decode(m.Raw, now); err != nil {
				t.Fatalf("%+v: %v\n%s", c, err, m.Raw)
			}
		}
		if n < 1000 {
			t.Errorf("%+v: %d messages", c, n)
		}
	}
}

const liveChecked = 20_000 / min(4, thinning)

// However large the programme, its labs' agreements pass the door: without one a lab has no commitments.
func TestAgreementsOfALargeProgramme(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Months: 3, Scale: 100})
	agreements := 0
	for m := range p.History() {
		e, err := schemas.Decode(m.Raw, p.end.Add(24*time.Hour))
		if err != nil && strings.Contains(string(m.Raw), "agreement.signed") {
			t.Error(err)
		}
		if err == nil && e.Kind() == "agreement.signed" {
			if agreements++; agreements == 14 {
				return // the registry comes first
			}
		}
	}
	t.Errorf("%d agreements are accepted", agreements)
}

func TestLive(t *testing.T) {
	t.Parallel()
	p := programme(t, Config{Seed: 1})
	from := until.Add(9 * time.Hour)
	silent := map[string]bool{}
	for _, l := range p.Labs() {
		if l.Storyline == StorySilent || l.Storyline == StoryUnopened {
			silent[l.Slug] = true
		}
	}
	history := map[string]bool{}
	for m := range p.History() {
		if m.Valid {
			history[m.Event.ID.String()] = true
		}
	}
	walk := func() (all []Message) {
		for m := range p.Live(from) {
			if all = append(all, m); len(all) == liveChecked {
				return
			}
		}
		return
	}
	first, second := walk(), walk()
	kinds, invalid := map[string]int{}, 0
	for i, m := range first {
		if !bytes.Equal(m.Raw, second[i].Raw) || m.Subject != second[i].Subject {
			t.Fatalf("live message %d differs the second time", i)
		}
		if i > 0 && m.Published.Before(first[i-1].Published) || m.Published.Before(from) {
			t.Errorf("published %s", m.Published)
		}
		lab, kind, _ := schemas.ParseSubject(m.Subject)
		e, err := schemas.Decode(m.Raw, m.Published)
		if !m.Valid {
			invalid++
			if err == nil && e.Lab() == lab {
				t.Errorf("acceptable, but said to be invalid: %s", m.Raw)
			}
			continue
		}
		if err != nil {
			t.Fatalf("refused: %v\n%s", err, m.Raw)
		}
		if silent[lab] {
			t.Errorf("%s speaks", lab)
		}
		if history[e.ID.String()] {
			t.Errorf("live event with an id of the history")
		}
		kinds[kind]++
	}
	if len(kinds) < 6 || invalid == 0 {
		t.Errorf("kinds %v, %d invalid", kinds, invalid)
	}
	took := first[len(first)-1].Published.Sub(from)
	if rate := liveChecked / took.Seconds(); rate < 2 || rate > 3 {
		t.Errorf("%.1f messages a second", rate)
	}
	other := from.Add(time.Hour)
	for m := range p.Live(other) {
		if bytes.Equal(m.Raw, first[0].Raw) {
			t.Error("another start gives the same message")
		}
		break
	}
}

func BenchmarkHistory(b *testing.B) {
	p := programme(b, Config{Seed: 1})
	for b.Loop() {
		for range p.History() {
		}
	}
}
