package importers_test

import (
	"errors"
	"fmt"
	"testing"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func TestAWarningContinues(t *testing.T) {
	var err error = fmt.Errorf("wrapped: %w", &importers.Warning{Origin: "page.json", Record: "log 3", What: schemas.Text{FR: "arrêt automatique", EN: "stopped automatically"}})
	if !importers.Continues(err) || !importers.IsWarning(err) || importers.Say(err, schemas.French) != "page.json, log 3 : arrêt automatique" {
		t.Errorf("%v", err)
	}
	var record *importers.RecordError
	if errors.As(err, &record) || importers.IsWarning(&importers.RecordError{}) {
		t.Error("a warning and a record that couldn't be used are taken for each other")
	}
}
