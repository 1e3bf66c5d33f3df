package boards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/dashboards/grafana/kit"
)

// panelsOf are a dashboard's panels, without the headings of rows.
func panelsOf(d kit.Dashboard) []*dashboard.Panel {
	var all []*dashboard.Panel
	for _, p := range d.Panels {
		if p.Panel != nil {
			all = append(all, p.Panel)
		}
	}
	return all
}

// TestSchema reads each file back by Grafana's schema, which refuses what it doesn't know.
func TestSchema(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	cog.NewRuntime().RegisterDataqueryVariant(kit.Variant())
	for _, b := range build(t) {
		raw, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var d kit.Dashboard
		// The SDK returns an empty list of errors where some panels have options of a type that it knows.
		if err := d.UnmarshalJSONStrict(raw); err != nil && err.Error() != "" {
			t.Errorf("%s: %v", b.File(), err)
		}
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", b.File(), err)
		}
	}
}

// TestLayout holds that panels lie within the 24 columns, side by side, with ids of their own.
func TestLayout(t *testing.T) {
	for _, b := range build(t) {
		taken, ids := map[[2]uint32]string{}, map[uint32]bool{}
		for _, p := range b.Dashboard.Panels {
			at, id, title := dashboard.GridPos{}, uint32(0), ""
			if p.Panel != nil {
				at, id, title = *p.Panel.GridPos, *p.Panel.Id, *p.Panel.Title
			} else {
				at, id, title = *p.RowPanel.GridPos, p.RowPanel.Id, *p.RowPanel.Title
			}
			if ids[id] || id == 0 {
				t.Errorf("%s, %s: id %d is taken", b.File(), title, id)
			}
			ids[id] = true
			if at.X+at.W > 24 || at.W == 0 || at.H == 0 {
				t.Errorf("%s, %s: columns %d to %d of 24, height %d", b.File(), title, at.X, at.X+at.W, at.H)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other := taken[[2]uint32{x, y}]; other != "" {
						t.Fatalf("%s: %s lies on %s", b.File(), title, other)
					}
					taken[[2]uint32{x, y}] = title
				}
			}
		}
	}
}

// TestTitles holds that each panel says what it is, by which formula, and what its emptiness means.
func TestTitles(t *testing.T) {
	for _, b := range build(t) {
		titles := map[string]bool{}
		for _, p := range panelsOf(b.Dashboard) {
			if p.Title == nil || *p.Title == "" || p.Description == nil || *p.Description == "" {
				t.Errorf("%s: panel %d has no title or no description", b.File(), *p.Id)
				continue
			}
			if titles[*p.Title] {
				t.Errorf("%s: two panels are called %s", b.File(), *p.Title)
			}
			titles[*p.Title] = true
			if p.Type != "text" && (p.FieldConfig == nil || p.FieldConfig.Defaults.NoValue == nil || *p.FieldConfig.Defaults.NoValue == "") {
				t.Errorf("%s, %s: no words for the empty case", b.File(), *p.Title)
			}
		}
	}
}

// TestVariablesAndLinks holds that each ${variable} is defined and that each link to a dashboard finds one.
func TestVariablesAndLinks(t *testing.T) {
	all := build(t)
	variables := map[string][]string{} // by dashboard
	for _, b := range all {
		for _, v := range b.Dashboard.Templating.List {
			variables[*b.Dashboard.Uid] = append(variables[*b.Dashboard.Uid], v.Name)
		}
	}
	use := regexp.MustCompile(`\$\{([a-zA-Z_]\w*)[^}]*\}|\$([a-zA-Z]\w*)`)
	to := regexp.MustCompile(`/d/([\w-]+)(\?[^"]*)?`)
	links := 0
	for _, b := range all {
		raw, err := json.Marshal(b.Dashboard)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range use.FindAllStringSubmatch(string(raw), -1) {
			if name := m[1] + m[2]; !strings.HasPrefix(name, "__") && !slices.Contains(variables[*b.Dashboard.Uid], name) {
				t.Errorf("%s: $%s is no variable of it", b.File(), name)
			}
		}
		for _, m := range to.FindAllStringSubmatch(string(raw), -1) {
			links++
			names, ok := variables[m[1]]
			if !ok {
				t.Errorf("%s: there is no dashboard %s", b.File(), m[1])
				continue
			}
			for _, v := range regexp.MustCompile(`var-(\w+)=`).FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(names, v[1]) {
					t.Errorf("%s: a link gives %s the variable %s, which it doesn't have", b.File(), m[1], v[1])
				}
			}
		}
	}
	if links == 0 {
		t.Error("no dashboard links to another")
	}
}

// TestLanguages holds that both languages have the same panels at the same places.
func TestLanguages(t *testing.T) {
	places := map[string][]string{} // by dashboard and language
	for _, b := range build(t) {
		for _, p := range panelsOf(b.Dashboard) {
			at := fmt.Sprintln(*p.Id, p.Type, *p.GridPos)
			places[b.Name+"-"+string(b.Lang)] = append(places[b.Name+"-"+string(b.Lang)], at)
		}
	}
	for _, d := range descriptions() {
		if fr, en := places[d.Name+"-fr"], places[d.Name+"-en"]; len(fr) == 0 || !slices.Equal(fr, en) {
			t.Errorf("%s has other panels in French than in English:\n%s\n%s", d.Name, fr, en)
		}
	}
}
