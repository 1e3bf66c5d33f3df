package schemas

import (
	"slices"
	"strings"
	"testing"
)

func TestRelations(t *testing.T) {
	names := AnalystRelations()
	for _, want := range []string{"events", "kpi_monthly", "commitment_status_over", "kpi_by_period"} {
		if !slices.Contains(names, want) {
			t.Errorf("analysts may not read %s", want)
		}
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] || strings.HasSuffix(n, "_store") {
			t.Errorf("%s stands there twice, or is internal", n)
		}
		seen[n] = true
	}
	for _, r := range Relations() {
		if len(r.Columns) == 0 || r.Row.EN == "" || r.Row.FR == "" {
			t.Errorf("%s says too little: %+v", r.Name, r.Row)
		}
	}
}

func TestRelationsThatSayTooLittle(t *testing.T) {
	for text, want := range map[string]string{
		"relations: [{name: a, columns: [x String]}]":                                   "a.x: expected a type, and a meaning",
		"columns: {x: {en: x, fr: x}}\nrelations: [{name: a, columns: [x]}]":            "a.x: expected a type",
		"columns: {x: {en: x}}\nrelations: [{name: a, columns: [x String]}]":            "in both languages",
		"relations: [{name: a, otherwise: [b]}]":                                        "expected name(parameter = value)",
		"relations: [{name: a, colums: []}]":                                            "relations.yaml",
		"columns: {x: {en: x, fr: x}}\nrelations: [{name: a, columns: [\"x String\"]}]": "",
	} {
		_, err := parseRelations([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
