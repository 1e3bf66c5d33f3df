package spreadsheet

import (
	"fmt"

	"vitrine/producers/entry"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// derive concludes what the sheet has no column for from what it says, and notes it.
func (r *rowReader) derive() {
	title, _ := r.data["title"].(string)
	conclude := func(key string, from string, code string) {
		if code == "" || r.data[key] != nil || r.failed[key] {
			return
		}
		r.data[key] = code
		label := schemas.Text{}
		for _, t := range r.columns[key].field.Terms {
			if t.Code == code {
				label = t.Label
			}
		}
		c := r.columns[key].title
		r.out.Notes = append(r.out.Notes, schemas.Text{
			FR: fmt.Sprintf("%s : « %s », d'après « %s »", c.FR, label.FR, r.columns[from].title.FR), EN: fmt.Sprintf("%s: “%s”, from “%s”", c.EN, label.EN, r.columns[from].title.EN)})
	}
	if title != "" && schemas.Redact(title) == title {
		switch r.kind.Name {
		case "training.held", "training.cancelled":
			if topic := importers.TrainingTopic(title); topic != "other" {
				conclude("topic", "title", topic)
			}
		case "discovery.held":
			conclude("type", "title", discoveryType(r.columns["type"].field.Terms, title))
		}
	}
	if machine, _ := r.data["machine"].(string); machine != "" {
		if category := importers.MachineCategory(machine); category != "other" {
			conclude("machine_category", "machine", category)
		}
	}
}

// discoveryType is the type of discovery event that a title names; empty if none.
func discoveryType(terms []schemas.Term, title string) string {
	if code, err := entry.Code(terms, title); err == nil {
		return code
	}
	return importers.Classify(title, []importers.Rule{
		{Words: []string{"openlab", "open lab"}, Code: "open_lab"},
		{Words: []string{"repair cafe"}, Code: "repair_cafe"},
		{Words: []string{"hackathon"}, Code: "hackathon"},
		{Words: []string{"portes ouvertes", "open day"}, Code: "open_day"},
		{Words: []string{"matinale", "visite entreprise", "company visit", "business breakfast"}, Code: "company_discovery"},
		{Words: []string{"visite scolaire", "school visit"}, Code: "school_visit"},
		{Words: []string{"conference", "table ronde", "round table"}, Code: "conference"},
		{Words: []string{"fete de la science", "maker faire", "science festival"}, Code: "fair_outreach"},
		{Words: []string{"atelier decouverte", "initiation", "introductory workshop"}, Code: "workshop_intro"},
		{Words: []string{"delegation"}, Code: "delegation_visit"},
	}, "")
}
