package clickhouse_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/internal/testkit"
	"vitrine/internal/testkit/storekit"
	"vitrine/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The relations and columns that analysts and other programs rely on.
func contract() map[string]string {
	return map[string]string{
		"events":              "lab id kind occurred_at ended_at local_day audience topic machine_category user_type measures company_refs data revision stream_seq received_at",
		"event_history":       "lab id kind revision stream_seq retracted reason occurred_at received_at data",
		"kpi_daily":           "lab indicator day segment value numerator denominator",
		"kpi_monthly":         "lab indicator month segment value numerator denominator",
		"kpi_quarterly":       "lab indicator quarter segment value numerator denominator",
		"labs":                "lab name commune region zone latitude longitude opened",
		"agreements":          "lab agreement start_date end_date grant_amount planned_budget",
		"commitments":         "lab agreement indicator segment target baseline from_date due_date mode",
		"commitment_status":   "lab indicator segment target baseline actual percent expected pace projected status as_of",
		"lab_status":          "lab worst_status mean_status last_event silent_days overdue_periods",
		"rejections":          "stream_seq lab kind id code reason reason_fr field subject received_at raw state resolved_at replayed_as resolution_reason",
		"programme_figures":   "indicator segment value numerator denominator labs over_labs as_of",
		"programme_monthly":   "indicator month segment value numerator denominator labs over_labs",
		"programme_quarterly": "indicator quarter segment value numerator denominator labs over_labs",
		"indicators":          "code name_fr name_en unit aggregation definition_fr definition_en over_labs",
		"period_states":       "lab agreement period starts ends due state submitted_at on_time approved_at approval_id approval_seq reopened_at reason comment reopenings as_of",
		"period_approvals":    "lab period starts ends approval_seq approval_id approved_at frozen_at catalogue_changed",
		"period_snapshots":    "lab period indicator segment value numerator denominator approval_seq approved_at frozen_at",
		"period_commitments":  "lab period agreement number indicator segment target actual percent expected pace projected status as_of approval_seq",
		"period_adjustments":  "lab period indicator segment approved now difference approved_numerator now_numerator unit approval_seq approved_at",
		"figures_state":       "state since catalogue zone",
	}
}

func migrated(t *testing.T) *clickhouse.Store {
	t.Helper()
	store := storekit.Open(t)
	return store
}

func TestTheContractsRelations(t *testing.T) {
	store := migrated(t)
	for relation, columns := range contract() {
		have, err := store.Columns(t.Context(), relation)
		if err != nil {
			t.Errorf("%s: %v", relation, err)
			continue
		}
		for _, want := range strings.Fields(columns) {
			if have[want] == "" {
				t.Errorf("%s has no column %s", relation, want)
			}
			// The engine joins LowCardinality keys wrongly after a sort (26.7.2): analysts join on these.
			if want == "lab" || want == "indicator" || want == "segment" || want == "kind" {
				if strings.Contains(have[want], "LowCardinality") {
					t.Errorf("%s.%s is %s: joins on it go wrong", relation, want, have[want])
				}
			}
		}
	}
}

// The data dictionary has each column that analysts find, with its type, and no other; and every relation of the contract is in it.
func TestTheDictionaryIsWhole(t *testing.T) {
	url := storekit.URL(t)
	store, made := storekit.At(t, url), viewsOf(t, url)
	told := map[string]bool{}
	for _, r := range schemas.Relations() {
		told[r.Name] = true
		have, err := store.Columns(t.Context(), r.Name)
		if err != nil {
			t.Fatal(err)
		}
		// The view is made with the dictionary's columns: what it selects must be these by itself.
		var selected []string
		for _, line := range strings.Split(strings.TrimSpace(ask(t, url, "DESCRIBE TABLE ("+made[r.Name]+")")), "\n") {
			column := strings.Split(line, "\t")
			selected = append(selected, column[0]+" "+strings.ReplaceAll(column[1], `\'`, `'`))
		}
		var wanted []string
		for _, c := range r.Columns {
			wanted = append(wanted, c.Name+" "+c.Type)
		}
		if !slices.Equal(selected, wanted) {
			t.Errorf("%s selects %q, the dictionary has %q", r.Name, selected, wanted)
		}
		for _, c := range r.Columns {
			if have[c.Name] != c.Type {
				t.Errorf("%s.%s is %q for the dictionary, %q for the engine", r.Name, c.Name, c.Type, have[c.Name])
			}
			delete(have, c.Name)
		}
		for name, typ := range have {
			t.Errorf("the dictionary lacks %s.%s, %s", r.Name, name, typ)
		}
		for _, call := range r.Otherwise {
			testkit.Exec(t, store.Where(), "DESCRIBE TABLE (SELECT * FROM "+call+")")
		}
	}
	for relation := range contract() {
		if !told[relation] {
			t.Errorf("the dictionary lacks %s", relation)
		}
	}
}

// viewsOf are what the views of a database select, by their names.
func viewsOf(t *testing.T, url string) map[string]string {
	t.Helper()
	all, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: url[strings.LastIndex(url, "/")+1:]})
	if err != nil {
		t.Fatal(err)
	}
	view, bodies := regexp.MustCompile(`^CREATE OR REPLACE VIEW (\w+) .*?SQL SECURITY DEFINER AS\s+`), map[string]string{}
	for _, m := range all {
		for _, statement := range m.Statements {
			if at := view.FindStringSubmatchIndex(statement); at != nil {
				bodies[statement[at[2]:at[3]]] = statement[at[1]:]
			}
		}
	}
	return bodies
}

// The accounts in deploy/clickhouse are granted the contract's relations and nothing else, in words that the engine understands.
func TestDeployedGrants(t *testing.T) {
	database := testkit.ClickHouse(t)
	want := slices.Sorted(slices.Values(schemas.AnalystRelations()))
	for file, grant := range map[string]*regexp.Regexp{
		"users.xml":   regexp.MustCompile(`(?m)^\s*<query>(GRANT .* ON (\S+))</query>$`),
		"analyst.sql": regexp.MustCompile(`(?m)^(GRANT .* ON (\S+) TO vitrine_analyst);$`),
	} {
		raw, err := os.ReadFile("../../deploy/clickhouse/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, m := range grant.FindAllStringSubmatch(string(raw), -1) {
			if !strings.HasPrefix(m[1], "GRANT SELECT ON vitrine.") {
				t.Errorf("%s: %s", file, m[1])
			}
			have = append(have, strings.TrimPrefix(m[2], "vitrine."))
		}
		if slices.Sort(have); !slices.Equal(have, want) {
			t.Errorf("%s grants %v, the contract has %v", file, have, want)
		}
		if strings.HasSuffix(file, ".xml") {
			continue
		}
		statements := regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(string(raw), "")
		for _, statement := range strings.Split(statements, ";\n") {
			if statement = strings.TrimSpace(statement); statement != "" {
				testkit.Exec(t, database, "SELECT formatQuery('"+strings.ReplaceAll(statement, "'", `\'`)+"')")
			}
		}
	}
}

// knownBeforehand are how many rows relations have before there is any event.
func knownBeforehand() map[string]uint64 {
	return map[string]uint64{"indicators": 47, "figures_state": 1}
}

// On an empty database every relation answers, without rows but for what is known beforehand.
func TestAnEmptyDatabaseAnswers(t *testing.T) {
	store := migrated(t)
	for relation := range contract() {
		n, err := store.Count(t.Context(), relation)
		if err != nil {
			t.Errorf("%s: %v", relation, err)
		}
		if want := knownBeforehand()[relation]; n != want {
			t.Errorf("%s has %d rows, want %d", relation, n, want)
		}
	}
}

// A database that an earlier version filled is for today's consumers once it is migrated, and for those of that version no more: they compare
// what it says with what they would say, and today's wouldn't hear what they store.
func TestConsumersOfAnEarlierVersionStop(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	paris, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	earlier := clickhouse.MadeWith(schemas.DefaultCatalogue(), paris)
	said := func() string {
		return strings.TrimSpace(ask(t, url, "SELECT argMax(made_with, made_at) FROM figures_made"))
	}
	ask(t, url, "INSERT INTO figures_made VALUES ('"+earlier+"', now64(9))")
	if err := store.CheckMadeWith(t.Context(), earlier); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
		t.Errorf("before it is migrated: %v", err)
	}
	if rebuild, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil || rebuild {
		t.Errorf("migrated: rebuild %v, %v", rebuild, err)
	}
	if err := store.CheckMadeWith(t.Context(), earlier); err != nil {
		t.Errorf("today's: %v", err)
	}
	if said() == earlier {
		t.Errorf("those of the earlier version go on: %s", said())
	}
	for _, made := range []string{clickhouse.Rebuilding, earlier} { // as a rebuild does
		if err := store.SetFiguresMadeWith(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		if now, err := store.FiguresMade(t.Context()); err != nil || now.With != made {
			t.Errorf("made with %q, %v; want %q", now.With, err, made)
		}
	}
	if said() == earlier {
		t.Errorf("after a rebuild those of the earlier version go on: %s", said())
	}
}

// A rebuild that begins after a migration has read what the figures were made with, and before it writes it down, goes on.
func TestAMigrationDoesntEndARebuild(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	ask(t, url, "INSERT INTO figures_made SELECT made_of, made_at + INTERVAL 1 NANOSECOND FROM figures_made")
	if _, err := store.Migrate(t.Context(), schemas.DefaultZone, schemas.DefaultCatalogue()); err != nil {
		t.Fatal(err)
	}
	ask(t, url, "INSERT INTO figures_made SELECT '"+clickhouse.Rebuilding+"', min(made_at) + INTERVAL 1 MICROSECOND FROM figures_made")
	if made, err := store.FiguresMade(t.Context()); err != nil || made.With != clickhouse.Rebuilding {
		t.Errorf("made with %q (%v), want %q", made.With, err, clickhouse.Rebuilding)
	}
}

// A clock that was ahead when figures were made doesn't hide that they are made again, nor that this is done.
func TestWhatFiguresAreMadeWithIsSaidLast(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	ask(t, url, "INSERT INTO figures_made SELECT made_with, now64(9) + INTERVAL 1 HOUR FROM figures_made")
	before, err := store.FiguresMade(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, with := range []string{clickhouse.Rebuilding, before.With} {
		if err := store.SetFiguresMadeWith(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		now, err := store.FiguresMade(t.Context())
		if err != nil || now.With != with || !now.At.After(before.At) {
			t.Errorf("made %+v, %v; want with %q, since after %s", now, err, with, before.At)
		}
		before = now
	}
}

// Another catalogue or zone makes consumers stop until the figures are made again.
func TestFiguresMadeOtherwiseAreNoticed(t *testing.T) {
	store := migrated(t)
	paris, err := time.LoadLocation(schemas.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CheckMadeWith(t.Context(), clickhouse.MadeWith(schemas.DefaultCatalogue(), paris)); err != nil {
		t.Error(err)
	}
	with := clickhouse.MadeWith(schemas.DefaultCatalogue(), paris)
	if err := store.WhileMadeWith(t.Context(), with, func() error { return nil }); err != nil {
		t.Errorf("read as they stand: %v", err)
	}
	for name, during := range map[string]string{"are being made": clickhouse.Rebuilding, "were made again": with} {
		if err := store.WhileMadeWith(t.Context(), with, func() error { return store.SetFiguresMadeWith(t.Context(), during) }); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
			t.Errorf("read while they %s: %v", name, err)
		}
		if err := store.WhileWhole(t.Context(), func() error {
			return errors.Join(store.SetFiguresMadeWith(t.Context(), during), errors.New("half of them can't be read"))
		}); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
			t.Errorf("read what is whole while they %s: %v", name, err)
		}
		if err := store.SetFiguresMadeWith(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		if err := store.WhileWhole(t.Context(), func() error { return nil }); err != nil {
			t.Errorf("read what is whole: %v", err)
		}
	}
	other := *schemas.DefaultCatalogue()
	other.Hash = "other"
	for name, with := range map[string]string{"catalogue": clickhouse.MadeWith(&other, paris), "zone": clickhouse.MadeWith(schemas.DefaultCatalogue(), time.UTC)} {
		if err := store.CheckMadeWith(t.Context(), with); !errors.Is(err, clickhouse.ErrMadeOtherwise) {
			t.Errorf("another %s passes: %v", name, err)
		}
	}
	rebuild, err := store.Migrate(t.Context(), schemas.DefaultZone, &other)
	if err != nil || !rebuild {
		t.Errorf("migrating to another catalogue: rebuild %v, %v", rebuild, err)
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.MadeWith(&other, paris)); err != nil {
		t.Fatal(err)
	}
	if err := store.CheckMadeWith(t.Context(), clickhouse.MadeWith(&other, paris)); err != nil {
		t.Error(err)
	}
	empty, err := clickhouse.Open(clickhouse.Config{URL: testkit.ClickHouse(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if made, err := empty.FiguresMade(t.Context()); err != nil || made.With != "" {
		t.Errorf("a database that isn't migrated: %q, %v", made.With, err)
	}
}

// Analysts and dashboards are told while figures are made again, and what whole ones are made with.
func TestAnalystsAreToldOfHalfMadeFigures(t *testing.T) {
	url := storekit.URL(t)
	store := storekit.At(t, url)
	told := func() string {
		return strings.TrimSpace(ask(t, url, "SELECT state, catalogue, zone FROM figures_state"))
	}
	whole := "whole\t" + schemas.DefaultCatalogue().Hash + "\t" + schemas.DefaultZone
	if have := told(); have != whole {
		t.Errorf("after a migration: %q, want %q", have, whole)
	}
	made, err := store.FiguresMade(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SetFiguresMadeWith(t.Context(), clickhouse.Rebuilding); err != nil {
		t.Fatal(err)
	}
	if have := told(); have != "rebuilding" {
		t.Errorf("during a rebuild: %q", have)
	}
	if err := store.SetFiguresMadeWith(t.Context(), made.With); err != nil {
		t.Fatal(err)
	}
	if have := told(); have != whole {
		t.Errorf("after a rebuild: %q, want %q", have, whole)
	}
	ask(t, url, "TRUNCATE TABLE figures_made")
	if have := told(); have != "whole" {
		t.Errorf("before anything was said: %q", have)
	}
}
