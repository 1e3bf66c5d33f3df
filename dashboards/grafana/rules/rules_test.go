package rules

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/goccy/go-yaml"

	"vitrine/dashboards/grafana/kit"
)

const committed = "../provisioning/alerting/vitrine.yaml"

// TestFileIsTheCode holds that the committed file is what the code makes.
func TestFileIsTheCode(t *testing.T) {
	want, err := File()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s isn't what the code makes; run make generate", committed)
	}
}

// TestFile reads the file as Grafana does: replacing a $NAME anywhere would be a defect, and each rule has what Grafana wants.
func TestFile(t *testing.T) {
	raw, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		APIVersion int `yaml:"apiVersion"`
		Groups     []struct {
			Rules []struct {
				UID, Title, Condition, For string
				NoDataState                string `yaml:"noDataState"`
				ExecErrState               string `yaml:"execErrState"`
				Annotations, Labels        map[string]string
				Data                       []struct {
					RefID         string `yaml:"refId"`
					DatasourceUID string `yaml:"datasourceUid"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "#") && strings.Contains(line, "$") {
			t.Errorf("Grafana would replace what follows $: %s", line)
		}
	}
	if f.APIVersion != 1 || len(f.Groups) != 1 || len(f.Groups[0].Rules) != len(all()) {
		t.Fatalf("groups: %d", len(f.Groups))
	}
	doc, err := os.ReadFile("../../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range f.Groups[0].Rules {
		if seen[r.UID] || r.UID == "" || len(r.UID) > 40 || r.Title == "" || len(r.Data) != 2 {
			t.Errorf("rule %q: its uid must be its own and at most 40 characters long, title %q, %d queries", r.UID, r.Title, len(r.Data))
		}
		seen[r.UID] = true
		if r.Data[0].DatasourceUID != kit.ClickHouseUID || r.Data[1].DatasourceUID != expressionsUID || r.Condition != r.Data[1].RefID {
			t.Errorf("%s: a query of ClickHouse and a bound on it are wanted, these are %v, condition %s", r.UID, r.Data, r.Condition)
		}
		if r.NoDataState != "OK" || r.ExecErrState != "KeepLast" {
			t.Errorf("%s: no data is %s, an error %s", r.UID, r.NoDataState, r.ExecErrState)
		}
		page, anchor, _ := strings.Cut(r.Annotations["runbook"], "#")
		if page != "docs/alerts.md" || !headings(string(doc))[anchor] {
			t.Errorf("%s: its runbook %q isn't there", r.UID, r.Annotations["runbook"])
		}
		for _, name := range []string{"summary", "summary_fr", "summary_en", "advice_fr", "advice_en"} {
			if r.Annotations[name] == "" {
				t.Errorf("%s has no %s", r.UID, name)
			}
		}
	}
}

// headings are a Markdown text's, as they are linked to.
func headings(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return all
}

// TestContactExample reads the example of whom Grafana tells: what it names of the rules is there, and its words can be filled in.
func TestContactExample(t *testing.T) {
	raw, err := os.ReadFile("../contact.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Templates     []struct{ Template string }
		ContactPoints []struct {
			Name      string
			Receivers []struct{ Settings map[string]any }
		} `yaml:"contactPoints"`
		Policies []struct {
			Routes []struct {
				Receiver       string
				ObjectMatchers [][]string `yaml:"object_matchers"`
			}
		}
	}
	if err := yaml.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	built, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	alert := map[string]any{"Annotations": built[0].Annotations}
	words := template.Must(template.New("").Parse(f.Templates[0].Template))
	message := template.Must(words.Parse(f.ContactPoints[0].Receivers[0].Settings["message"].(string)))
	var out strings.Builder
	if err := message.Execute(&out, map[string]any{"Alerts": map[string]any{"Firing": []any{alert}, "Resolved": []any{alert}}}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), built[0].Annotations["summary_fr"]) != 2 || strings.Contains(out.String(), "<no value>") {
		t.Errorf("a mail says:\n%s", out.String())
	}
	route := f.Policies[0].Routes[0]
	if m := route.ObjectMatchers[0]; route.Receiver != f.ContactPoints[0].Name || built[0].Labels[m[0]] != m[2] {
		t.Errorf("the route %v leads nowhere", route)
	}
}
