package agreement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vitrine/schemas"
)

// Sort says what became of a part of an agreement.
type Sort string

// The sorts of changes.
const (
	Added   Sort = "added"
	Removed Sort = "removed"
	Changed Sort = "changed"
)

// Change is a difference between two versions of an agreement, in words.
type Change struct {
	Sort Sort
	// Label names what changed: "Subvention (€)", "D02 Participants aux événements de découverte, Cible".
	Label schemas.Text
	// Old is empty for what was added, New for what was removed.
	Old, New schemas.Text
}

// In says it in a language, with a sign that doesn't rely on colour: "~ Subvention (€) : 100000 → 120000".
func (c Change) In(l schemas.Lang) string {
	colon := schemas.Text{FR: " : ", EN: ": "}.In(l)
	switch c.Sort {
	case Added:
		return "+ " + c.Label.In(l) + colon + c.New.In(l)
	case Removed:
		return "- " + c.Label.In(l) + colon + c.Old.In(l)
	}
	return "~ " + c.Label.In(l) + colon + c.Old.In(l) + " → " + c.New.In(l)
}

// Diff compares two versions; before may be nil, where nothing was signed. Commitments are the same by indicator and segment
// (and, where there are several, by their order in time), reports due by their period, milestones by their name.
func Diff(before, after *schemas.AgreementSigned, catalogue *schemas.Catalogue) []Change {
	kind, _ := schemas.KindByName(kindName)
	d := &differ{catalogue: catalogue}
	d.object(schemas.Text{}, kind.Fields(), plain(before), plain(after))
	return d.changes
}

// plain is an agreement as a tree in which equal values are written alike.
func plain(a *schemas.AgreementSigned) map[string]any {
	if a == nil {
		return nil
	}
	raw, err := json.Marshal(a)
	if err != nil {
		panic(err) // it holds texts and decimals
	}
	var out map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

type differ struct {
	catalogue *schemas.Catalogue
	changes   []Change
}

func (d *differ) object(of schemas.Text, fields []schemas.Field, before, after map[string]any) {
	for i := range fields {
		f := &fields[i]
		label := under(of, f.Title)
		if f.Type == schemas.FieldList {
			d.list(of, f, items(before[f.Name]), items(after[f.Name]))
			continue
		}
		d.change(label, said(f, before[f.Name]), said(f, after[f.Name]))
	}
}

func (d *differ) change(label, before, after schemas.Text) {
	sort := Changed
	switch {
	case before == after:
		return
	case before.EN == "":
		sort = Added
	case after.EN == "":
		sort = Removed
	}
	d.changes = append(d.changes, Change{sort, label, before, after})
}

func (d *differ) list(of schemas.Text, f *schemas.Field, before, after []map[string]any) {
	old, now := keyed(f, before), keyed(f, after)
	for _, k := range now {
		label := under(of, d.name(f, k.item))
		if i := slices.IndexFunc(old, func(o keyedItem) bool { return o.key == k.key }); i >= 0 {
			d.object(label, f.Items, old[i].item, k.item)
		} else {
			d.change(label, schemas.Text{}, summary(f, k.item))
		}
	}
	for _, o := range old {
		if !slices.ContainsFunc(now, func(k keyedItem) bool { return o.key == k.key }) {
			d.change(under(of, d.name(f, o.item)), summary(f, o.item), schemas.Text{})
		}
	}
}

// identity are the fields by which an item of a list is found again; they are in its name.
func identity(list string) []string {
	return map[string][]string{"commitments": {"indicator", "segment"}, "reporting": {"period"}, "milestones": {"milestone"}, "steps": {"by"}}[list]
}

type keyedItem struct {
	key  string
	item map[string]any
}

// keyed gives each item its key: its identity, and which of those with that identity it is by its first day.
func keyed(f *schemas.Field, list []map[string]any) []keyedItem {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b map[string]any) int { return strings.Compare(text(a["from"]), text(b["from"])) })
	seen := map[string]int{}
	var out []keyedItem
	for _, item := range list {
		key := ""
		for _, field := range identity(f.Name) {
			key += text(item[field]) + "\x00"
		}
		seen[key]++
		out = append(out, keyedItem{fmt.Sprint(key, seen[key]), item})
	}
	return out
}

// name is what an item of a list is called.
func (d *differ) name(f *schemas.Field, item map[string]any) schemas.Text {
	switch f.Name {
	case "commitments":
		return Name(text(item["indicator"]), text(item["segment"]), d.catalogue)
	case "milestones":
		return under(schemas.Text{FR: "Jalon", EN: "Milestone"}, said(fieldNamed(f.Items, "milestone"), item["milestone"]))
	case "reporting":
		return under(schemas.Text{FR: "Déclaration", EN: "Report"}, same(text(item["period"])))
	case "steps":
		return under(schemas.Text{FR: "Palier", EN: "Step"}, same(text(item["by"])))
	}
	return f.Title
}

// Name is what a commitment is called: "D01 Événements de découverte organisés – Entreprises".
func Name(indicator, segment string, catalogue *schemas.Catalogue) schemas.Text {
	name := same(indicator)
	if i, known := catalogue.Lookup(indicator); known {
		name = schemas.Text{FR: indicator + " " + i.Name.FR, EN: indicator + " " + i.Name.EN}
	}
	if s := schemas.SegmentLabel(segment); segment != "" {
		name = schemas.Text{FR: name.FR + " – " + s.FR, EN: name.EN + " – " + s.EN}
	}
	return name
}

// summary is an item in one line, without what is in its name.
func summary(f *schemas.Field, item map[string]any) schemas.Text {
	var fr, en []string
	for i := range f.Items {
		field := &f.Items[i]
		value := said(field, item[field.Name])
		if list := items(item[field.Name]); len(list) > 0 {
			value = same(fmt.Sprint(len(list)))
		}
		if slices.Contains(identity(f.Name), field.Name) || value.EN == "" {
			continue
		}
		fr, en = append(fr, field.Title.FR+" "+value.FR), append(en, field.Title.EN+" "+value.EN)
	}
	return schemas.Text{FR: strings.Join(fr, ", "), EN: strings.Join(en, ", ")}
}

// said is a value for people; empty if it isn't given.
func said(f *schemas.Field, v any) schemas.Text {
	s := text(v)
	for _, term := range f.Terms {
		if term.Code == s {
			return term.Label
		}
	}
	return same(s)
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func same(s string) schemas.Text { return schemas.Text{FR: s, EN: s} }

// under names a part of something.
func under(of, part schemas.Text) schemas.Text {
	if of.EN == "" {
		return part
	}
	return schemas.Text{FR: of.FR + ", " + part.FR, EN: of.EN + ", " + part.EN}
}

func items(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if m, is := item.(map[string]any); is {
			out = append(out, m)
		}
	}
	return out
}
