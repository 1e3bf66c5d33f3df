package opendata

import "vitrine/schemas"

// The smallest counts above 0 that are published. A count of 0 is published: it is about nobody.
const (
	FewestCompanies = 3
	FewestPeople    = 5
)

// How an indicator is published.
type treatment int

const (
	// free: about neither people nor companies, published as it is.
	free treatment = iota
	// added: a count that adds up over quarters and labs.
	added
	// united: a count of different companies, united over quarters and labs.
	united
	// counted: how many are new among those of another indicator; published together with it.
	counted
	// beside: published for a quarter by itself, where another indicator is and where it isn't small, or never.
	beside
	// level: as it stands at a quarter's end; adds up over labs.
	level
)

// policy says how an indicator is published.
type policy struct {
	code      string
	how       treatment
	about     string
	threshold int
	// with is the indicator that counted and beside go with.
	with string
}

// policies are the indicators that are published. An indicator that isn't listed, such as one that a programme adds, isn't
// public: somebody must first say whom it is about.
func policies() []policy {
	const people, companies = "people", "companies"
	list := []policy{
		{"D02", added, people, FewestPeople, ""},
		{"D03", beside, companies, FewestCompanies, "D02"}, // no company comes without a person
		{"T03", added, people, FewestPeople, ""},
		{"T05", beside, people, FewestPeople, "T03"}, // of them, company staff
		{"T02", beside, people, 0, "T03"},            // their hours
		{"C01", united, companies, FewestCompanies, ""},
		{"C02", counted, companies, FewestCompanies, "C01"},
		{"C04", added, companies, FewestCompanies, ""}, // one delivery is one company, mostly
		{"C05", added, companies, FewestCompanies, ""},
		{"U04", level, people, FewestPeople, ""},
	}
	for _, code := range []string{"O01", "O04", "O05", "O06", "D01", "T01", "K01", "K02", "K03", "A01", "U01", "U02", "V01", "V02", "V03", "V04"} {
		list = append(list, policy{code: code})
	}
	return list
}

func policyOf(code string) (policy, bool) {
	for _, p := range policies() {
		if p.code == code {
			return p, true
		}
	}
	return policy{}, false
}

// whyNot says why an indicator isn't published.
func whyNot(code string) schemas.Text {
	switch code {
	case "I01", "I02", "I03", "E01", "E02", "E03", "E04":
		return schemas.Text{FR: "comptes du fab lab", EN: "the lab's accounts"}
	case "B01", "B02", "B03":
		return schemas.Text{FR: "essais commerciaux menés avec quelques entreprises", EN: "commercial trials with a few companies"}
	case "C03", "U03":
		return schemas.Text{FR: "rapport dont les termes peuvent porter sur peu d'entreprises", EN: "a ratio whose terms may be about few companies"}
	case "T04":
		return schemas.Text{FR: "rapport dont les termes peuvent porter sur peu de personnes", EN: "a ratio whose terms may be about few people"}
	case "V06":
		return schemas.Text{FR: "enquête auprès de peu de répondants", EN: "a survey of few respondents"}
	case "Q01", "Q02", "Q03", "O02", "O03", "O07":
		return schemas.Text{FR: "pilotage interne du programme", EN: "the programme's own steering"}
	case "V05":
		return schemas.Text{FR: "se calcule à partir de V02", EN: "follows from V02"}
	}
	return schemas.Text{FR: "non examiné pour publication", EN: "not looked at for publication"}
}
