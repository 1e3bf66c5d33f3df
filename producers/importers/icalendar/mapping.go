package icalendar

import (
	"slices"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// What an entry is.
const (
	// Skip is what doesn't count.
	Skip = "skip"
	// Discovery is a discovery.held.
	Discovery = "discovery"
	// Training is a training.held.
	Training = "training"
)

// Mapping says what the lab's own words for categories and titles mean. The first rule that fits
// holds; what none says is understood by the words, French or English.
type Mapping struct {
	Entries []MappingRule `yaml:"entries"`
}

// MappingRule says what the entries with one of its words are.
type MappingRule struct {
	// Words stand in a category or the title, at any place; case and accents don't matter.
	Words []string `yaml:"words"`
	// Kind is "discovery", "training" or "skip"; empty: the words tell.
	Kind string `yaml:"kind"`
	// Type is a discovery event's type, Topic a training's, Audience either's; empty: the words tell.
	Type     string `yaml:"type"`
	Topic    string `yaml:"topic"`
	Audience string `yaml:"audience"`
}

// ParseMapping reads a mapping from YAML and checks its codes. Every problem is reported.
func ParseMapping(raw []byte) (*Mapping, error) {
	m := &Mapping{}
	bad := importers.ParseWords(raw, m)
	tax := schemas.Taxonomies()
	for i, rule := range m.Entries {
		check := func(field, value string, codes []string) {
			if value != "" {
				bad.OneOf(value, codes, "entries", i, field)
			}
		}
		check("kind", rule.Kind, []string{Discovery, Training, Skip})
		check("type", rule.Type, tax["discovery_event_types"].Codes())
		check("topic", rule.Topic, tax["training_topics"].Codes())
		check("audience", rule.Audience, tax["audiences"].Codes())
		if !slices.ContainsFunc(rule.Words, func(w string) bool { return importers.Fold(w) != "" }) {
			bad.Add([]any{"entries", i, "words"}, "il faut au moins un mot", "at least one word is needed")
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// class is what an entry is. Of a training Type is empty, of a discovery event Topic.
type class struct {
	kind, eventType, topic string
	// audience is empty where nothing says it.
	audience string
}

func discoveryTypes() []importers.Rule {
	return []importers.Rule{
		{Words: []string{"openlab", "open lab"}, Code: "open_lab"},
		{Words: []string{"repair"}, Code: "repair_cafe"},
		{Words: []string{"hackathon", "marathon"}, Code: "hackathon"},
		{Words: []string{"portes ouvertes", "porte ouverte", "open day"}, Code: "open_day"},
		{Words: []string{"matinale", "entreprise", "company discovery", "business breakfast"}, Code: "company_discovery"},
		{Words: []string{"scolaire", "ecole", "lycee", "etudiant", "school", "student visit"}, Code: "school_visit"},
		{Words: []string{"delegation"}, Code: "delegation_visit"},
		{Words: []string{"conference", "table ronde", "round table"}, Code: "conference"},
		{Words: []string{"fete de la science", "maker faire", "science festival", "hors les murs", " salon "}, Code: "fair_outreach"},
		{Words: []string{" stage ", "vacances", "holiday camp"}, Code: "holiday_camp"},
		{Words: []string{"atelier decouverte", "initiation", "introductory workshop"}, Code: "workshop_intro"},
	}
}

func kinds() []importers.Rule {
	return []importers.Rule{
		{Words: []string{"decouverte", "discovery"}, Code: Discovery},
		{Words: []string{"formation", "training"}, Code: Training},
	}
}

// audiences are the audiences that categories name.
func audiences(categories string) (found []string) {
	for _, rule := range []importers.Rule{
		{Words: []string{"grand public", "tout public", "general public"}, Code: "general_public"},
		{Words: []string{"entreprise", "compan", "business"}, Code: "companies"},
		{Words: []string{" jeune", "enfant", " ado", "youth", "children"}, Code: "youth"},
		{Words: []string{"scolaire", "etudiant", "school", "student"}, Code: "education"},
		{Words: []string{"institution", "collectivite", " elus ", "authorit"}, Code: "institutions"},
		{Words: []string{"adherent", "membres", "members"}, Code: "members"},
		{Words: []string{"melange", "mixte", "mixed"}, Code: "mixed"},
	} {
		if importers.Classify(categories, []importers.Rule{rule}, "") != "" {
			found = append(found, rule.Code)
		}
	}
	return found
}

// classify says what an entry is. Its categories are the lab's own sorting; the title tells where
// they say nothing.
func (m *Mapping) classify(categories, title string) class {
	var rule MappingRule
	for _, r := range m.Entries {
		words := make([]string, 0, len(r.Words))
		for _, w := range r.Words {
			if w = importers.Fold(w); w != "" {
				words = append(words, w)
			}
		}
		if importers.Classify(categories+" "+title, []importers.Rule{{Words: words, Code: "fits"}}, "") != "" {
			rule = r
			break
		}
	}
	c := class{kind: rule.Kind, eventType: rule.Type, topic: rule.Topic, audience: rule.Audience}
	for _, text := range []string{categories, title} {
		if c.kind == "" {
			c.kind = importers.Classify(text, kinds(), "")
		}
		if c.kind == "" && importers.Classify(text, discoveryTypes(), "") != "" {
			c.kind = Discovery
		}
	}
	if c.audience == "" {
		switch found := audiences(categories); len(found) {
		case 0:
		case 1:
			c.audience = found[0]
		default:
			c.audience = "mixed"
		}
	}
	switch c.kind {
	case Training:
		c.eventType = ""
		if c.topic == "" {
			c.topic = importers.TrainingTopic(categories + " " + title)
		}
	case Discovery:
		c.topic = ""
		if c.eventType == "" {
			c.eventType = discoveryType(categories, title, c.audience)
		}
		if c.audience == "" {
			c.audience = usualAudience(c.eventType)
		}
	default:
		return class{kind: Skip}
	}
	return c
}

func discoveryType(categories, title, audience string) string {
	fallback := "workshop_intro"
	if audience == "companies" {
		fallback = "company_discovery"
	}
	return importers.Classify(title, discoveryTypes(), importers.Classify(categories, discoveryTypes(), fallback))
}

// usualAudience is whom a type of discovery event is for.
func usualAudience(eventType string) string {
	for _, term := range schemas.Taxonomies()["discovery_event_types"].Terms {
		if term.Code == eventType {
			return term.Extra["default_audience"]
		}
	}
	return "general_public"
}
