package schemas_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"vitrine/schemas"
)

// What a released file does to tables stays: databases have had it, and IF NOT EXISTS passes over what changed. Further
// changes go into a file of their own; one that isn't released yet gets its line here.
func TestReleasedMigrationsStay(t *testing.T) {
	raw, err := os.ReadFile("testdata/migrations.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, err := schemas.Migrations(schemas.DDLOptions{Zone: schemas.DefaultZone, Database: "vitrine"})
	if err != nil {
		t.Fatal(err)
	}
	var here strings.Builder
	for _, m := range all {
		fmt.Fprintln(&here, m.Name, m.Checksum)
	}
	if here.String() != string(raw) {
		t.Errorf("testdata/migrations.txt has\n%sand the files are\n%s", raw, here.String())
	}
}
