package boards

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"

	"vitrine/dashboards/grafana/kit"
)

// TestProvisioned holds that the data sources that dashboards ask are set up, and that each folder of files is shown.
func TestProvisioned(t *testing.T) {
	read := func(path string, into any) {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var sources struct {
		Datasources []struct{ UID, Type string }
	}
	read("../provisioning/datasources/vitrine.yml", &sources)
	types := map[string]string{}
	for _, d := range sources.Datasources {
		types[d.UID] = d.Type
	}
	if types[kit.ClickHouseUID] != kit.ClickHouseType || types[kit.PrometheusUID] != kit.PrometheusType {
		t.Errorf("the data sources are %v", types)
	}
	var shown struct {
		Providers []struct{ Options struct{ Path string } }
	}
	read("../provisioning/dashboards/vitrine.yml", &shown)
	paths := map[string]bool{}
	for _, p := range shown.Providers {
		paths[p.Options.Path] = true
	}
	for _, b := range build(t) {
		if !paths["/etc/vitrine/dashboards/"+string(b.Lang)] {
			t.Errorf("%s is in no provider's folder", b.File())
		}
	}
}
