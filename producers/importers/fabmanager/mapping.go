package fabmanager

import (
	"maps"
	"slices"
	"strings"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Skip, as the code of an event category, leaves its events out.
const Skip = "skip"

// Mapping says which codes of Vitrine's taxonomies the lab's own words mean. What it doesn't name
// is understood by the words in it, French or English.
type Mapping struct {
	// Machines: machine slug → machine category.
	Machines map[string]string `yaml:"machines"`
	// Trainings: training slug → topic.
	Trainings map[string]string `yaml:"trainings"`
	// Groups: group slug → user type.
	Groups map[string]string `yaml:"groups"`
	// Events: event category as Fab-manager shows it → type of discovery event, or "skip".
	Events map[string]string `yaml:"events"`
	// Audiences: event category → audience; else the event type's usual one.
	Audiences map[string]string `yaml:"audiences"`
	// Accounts: account code → revenue stream, or "skip" for what is no revenue. An account that
	// isn't named is revenue if it begins with 7, but for 74 (grants).
	Accounts map[string]string `yaml:"accounts"`
}

// DefaultMapping names nothing: all is understood by the words.
func DefaultMapping() *Mapping { return &Mapping{} }

// ParseMapping reads a mapping from YAML and checks its codes. Every problem is reported.
func ParseMapping(raw []byte) (*Mapping, error) {
	m := DefaultMapping()
	bad := importers.ParseWords(raw, m)
	tax := schemas.Taxonomies()
	check := func(section string, entries map[string]string, codes []string) {
		for _, word := range slices.Sorted(maps.Keys(entries)) {
			bad.OneOf(entries[word], codes, section, word)
		}
	}
	check("machines", m.Machines, tax["machine_categories"].Codes())
	check("trainings", m.Trainings, tax["training_topics"].Codes())
	check("groups", m.Groups, tax["user_types"].Codes())
	check("events", m.Events, append(tax["discovery_event_types"].Codes(), Skip))
	check("audiences", m.Audiences, tax["audiences"].Codes())
	check("accounts", m.Accounts, append(slices.Clone(revenueStreams()), Skip))
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// machine is a machine's category.
func (m *Mapping) machine(slug, name string) string {
	if code := m.Machines[slug]; code != "" {
		return code
	}
	return importers.MachineCategory(slug + " " + name)
}

// topic is a training's.
func (m *Mapping) topic(slug, name string) string {
	if code := m.Trainings[slug]; code != "" {
		return code
	}
	return importers.TrainingTopic(slug + " " + name)
}

// userType is a group's; empty if it can't be told.
func (m *Mapping) userType(slug string) string {
	if slug == "" {
		return ""
	}
	if code := m.Groups[slug]; code != "" {
		return code
	}
	for _, term := range schemas.Taxonomies()["user_types"].Terms {
		if term.Code == slug || term.Extra["fabmanager_group_slug"] == slug {
			return term.Code
		}
	}
	return importers.Classify(slug, []importers.Rule{
		{Words: []string{"etudiant", "student", "demandeur", "chomage", "moins de 25"}, Code: "student_jobseeker"},
		{Words: []string{"startup", "start up", "porteur de projet"}, Code: "startup"},
		{Words: []string{"artisan", "auto entrepreneur", "independant", "freelance", "commercant"}, Code: "self_employed"},
		{Words: []string{"grande entreprise", "grand compte", "eti"}, Code: "large_company"},
		{Words: []string{"entreprise", "pme", "societe", "company"}, Code: "sme"},
		{Words: []string{"ecole", "lycee", "college", "universite", "enseignement", "school"}, Code: "education_body"},
		{Words: []string{"collectivite", "mairie", "etablissement public", "public body"}, Code: "public_body"},
		{Words: []string{"particulier", "individu", "association", "adherent"}, Code: "individual"},
	}, "")
}

// isCompany says whether a user type is a company.
func isCompany(userType string) bool {
	for _, term := range schemas.Taxonomies()["user_types"].Terms {
		if term.Code == userType {
			return term.Extra["is_company"] == "1"
		}
	}
	return false
}

// discovery is an event's type and audience; ok is false if its category is to be left out.
func (m *Mapping) discovery(category, title string) (eventType, audience string, ok bool) {
	eventType = m.Events[category]
	if eventType == "" {
		rules := []importers.Rule{
			{Words: []string{"openlab", "open lab"}, Code: "open_lab"},
			{Words: []string{"repair"}, Code: "repair_cafe"},
			{Words: []string{"hackathon", "marathon"}, Code: "hackathon"},
			{Words: []string{"portes ouvertes", "open day"}, Code: "open_day"},
			{Words: []string{"entreprise", "company", "companies", "business"}, Code: "company_discovery"},
			{Words: []string{"scolaire", "ecole", "etudiant", "school"}, Code: "school_visit"},
			{Words: []string{"delegation"}, Code: "delegation_visit"},
			{Words: []string{"conference", "table ronde", "talk"}, Code: "conference"},
			{Words: []string{"salon", "fete de la science", "maker faire", "fair"}, Code: "fair_outreach"},
			{Words: []string{"stage", "vacances", "camp"}, Code: "holiday_camp"},
			{Words: []string{"atelier", "initiation", "decouverte", "workshop"}, Code: "workshop_intro"},
		}
		// The category is the lab's own sorting; the title helps where that says nothing.
		eventType = importers.Classify(category, rules, importers.Classify(title, rules, "workshop_intro"))
	}
	if eventType == Skip {
		return "", "", false
	}
	if audience = m.Audiences[category]; audience == "" {
		for _, term := range schemas.Taxonomies()["discovery_event_types"].Terms {
			if term.Code == eventType {
				audience = term.Extra["default_audience"]
			}
		}
	}
	return eventType, audience, true
}

// revenueStreams are the codes of a revenue's stream, in the contract's order.
func revenueStreams() []string {
	return []string{"memberships", "machine_hours", "trainings", "company_services", "events", "sales", "rental", "other"}
}

// stream is the revenue stream of an account; ok is false if it is no revenue.
func (m *Mapping) stream(account, label string) (stream string, ok bool) {
	if code := m.Accounts[account]; code != "" {
		return code, code != Skip
	}
	// French general chart of accounts: class 7 is revenue, 74 grants. A wallet's credit is a debt
	// to the customer (4191) until it is spent.
	if !strings.HasPrefix(account, "7") || strings.HasPrefix(account, "74") {
		return "", false
	}
	stream = importers.Classify(label, []importers.Rule{
		{Words: []string{"wallet", "porte monnaie"}, Code: Skip},
		{Words: []string{"subscription", "abonnement", "adhesion", "cotisation", "membership"}, Code: "memberships"},
		{Words: []string{"training", "formation"}, Code: "trainings"},
		{Words: []string{"machine", "pack"}, Code: "machine_hours"},
		{Words: []string{"event", "evenement", "stage", "atelier"}, Code: "events"},
		{Words: []string{"space", "espace", "location", "salle"}, Code: "rental"},
		{Words: []string{"prestation", "service"}, Code: "company_services"},
		{Words: []string{"shop", "store", "boutique", "vente", "product", "produit"}, Code: "sales"},
	}, "other")
	return stream, stream != Skip
}
