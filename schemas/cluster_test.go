package schemas_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"vitrine/schemas"
)

func migrationsOn(t *testing.T, c schemas.Cluster) []string {
	t.Helper()
	migrations, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: "vitrine", Cluster: c})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range migrations {
		all = append(all, m.Statements...)
	}
	return all
}

// What a table is made of is the same on a cluster: columns, order, partitions and settings; only where it lies differs.
func TestAClustersTablesAreTheSame(t *testing.T) {
	engine := regexp.MustCompile(`ENGINE = (\w+)(\([^)]*\))?`)
	place := regexp.MustCompile(`^'/clickhouse/tables/(\{shard\}/)?vitrine/(\w+)', '(\{shard\}-)?\{replica\}'(, )?`)
	for _, c := range []schemas.Cluster{{Name: "lab", ByLab: true}, {Name: "{cluster}"}} {
		var sharded, everywhere []string
		on := " ON CLUSTER '" + c.Name + "'"
		single, cluster := migrationsOn(t, schemas.Cluster{}), migrationsOn(t, c)
		for len(cluster) > 0 {
			have := cluster[0]
			cluster = cluster[1:]
			if strings.HasPrefix(have, "INSERT INTO ") { // replicated, so not on each server
				on := single[0]
				if single = single[1:]; have != on {
					t.Errorf("%s\nis said as\n%s", on, have)
				}
				continue
			}
			if strings.Count(have, on) != 1 {
				t.Errorf("%s: not said to the cluster once: %.100s", c, have)
			}
			back := strings.Replace(have, on, "", 1)
			if m := engine.FindStringSubmatch(back); m != nil && strings.HasPrefix(back, "CREATE TABLE") {
				name := strings.Fields(back)[5]
				if m[1] == "Distributed" {
					if want := "('lab', 'vitrine', '" + name + "_local', cityHash64(lab)"; !strings.HasPrefix(m[2], want) || strings.Contains(name, "_local") {
						t.Errorf("%s: %s", name, m[0])
					}
					continue
				}
				at := place.FindStringSubmatch(m[2][1:])
				table := strings.TrimSuffix(name, "_local")
				if at == nil || at[2] != table || (at[1] == "") != (at[3] != "") || (at[1] != "") != strings.HasSuffix(name, "_local") || !strings.HasPrefix(m[1], "Replicated") {
					t.Fatalf("%s: %s %q", name, m[0], at)
				}
				if at[1] != "" {
					sharded = append(sharded, table)
				} else {
					everywhere = append(everywhere, table)
				}
				rest := strings.TrimPrefix(m[2][1:], at[0])
				if rest != ")" {
					rest = "(" + rest
				} else {
					rest = ""
				}
				back = strings.Replace(back, m[0], "ENGINE = "+strings.TrimPrefix(m[1], "Replicated")+rest, 1)
			}
			local := strings.Contains(have, "_local")
			if back = strings.ReplaceAll(back, "_local", ""); back != single[0] {
				t.Errorf("%s: %s\nis said as\n%s", c, single[0], have)
			}
			if local && strings.Contains(back, " ADD COLUMN ") { // comes again for the table that has all shards
				continue
			}
			single = single[1:]
		}
		if len(single) != 0 {
			t.Errorf("%s: %d statements aren't there", c, len(single))
		}
		if c.ByLab {
			if want := strings.Fields("event_keys event_store event_versions kpi_cells snapshot_commitment_store snapshot_marks snapshot_store"); !slices.Equal(slices.Compact(slices.Sorted(slices.Values(sharded))), want) {
				t.Errorf("sharded are %v, want %v", sharded, want)
			}
		} else if len(sharded) > 0 {
			t.Errorf("sharded are %v", sharded)
		}
		if !slices.Contains(everywhere, "indicator_store") {
			t.Errorf("on every server are %v", everywhere)
		}
	}
}

func TestWhatAClusterRefuses(t *testing.T) {
	c := schemas.Cluster{Name: "lab", ByLab: true}
	for _, statement := range []string{"DELETE FROM event_store WHERE lab = 'a'", "RENAME TABLE a TO b", "CREATE TABLE a (b Int8) ENGINE = Log", ""} {
		if all, err := c.Statements(statement, "vitrine"); err == nil {
			t.Errorf("%q is said as %q", statement, all)
		}
	}
	for statement, want := range map[string][]string{
		"TRUNCATE TABLE event_store":                                       {"TRUNCATE TABLE event_store_local ON CLUSTER 'lab'"},
		"ALTER TABLE event_store DELETE\n-- why\nWHERE lab = {lab:String}": {"ALTER TABLE event_store_local ON CLUSTER 'lab' DELETE\n-- why\nWHERE lab = {lab:String}"},
		"ALTER TABLE rejection_store DELETE WHERE lab = {lab:String}":      {"ALTER TABLE rejection_store ON CLUSTER 'lab' DELETE WHERE lab = {lab:String}"},
		"TRUNCATE TABLE indicator_store":                                   {"TRUNCATE TABLE indicator_store ON CLUSTER 'lab'"},
		"DROP DATABASE IF EXISTS {database:Identifier} SYNC":               {"DROP DATABASE IF EXISTS {database:Identifier} ON CLUSTER 'lab' SYNC"},
		"ALTER TABLE kpi_cells ADD COLUMN IF NOT EXISTS a Int8": {
			"ALTER TABLE kpi_cells_local ON CLUSTER 'lab' ADD COLUMN IF NOT EXISTS a Int8",
			"ALTER TABLE kpi_cells ON CLUSTER 'lab' ADD COLUMN IF NOT EXISTS a Int8"},
	} {
		if have, err := c.Statements(statement, "vitrine"); err != nil || !slices.Equal(have, want) {
			t.Errorf("%s is said as %q (%v)", statement, have, err)
		}
	}
	for _, wrong := range []schemas.Cluster{{ByLab: true}, {Name: "a'b"}, {Name: "a b"}, {Name: "{a"}} {
		if err := wrong.Check(); err == nil {
			t.Errorf("%+v passes", wrong)
		}
		if _, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: "vitrine", Cluster: wrong}); err == nil {
			t.Errorf("migrations on %+v", wrong)
		}
	}
}
