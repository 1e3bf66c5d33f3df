package simulator

import (
	"time"

	"vitrine/schemas"
)

// Storyline is what becomes of a lab.
type Storyline string

// The storylines.
const (
	StorySteady     Storyline = "steady"     // about as promised
	StoryAhead      Storyline = "ahead"      // far more than promised
	StoryAtRisk     Storyline = "at_risk"    // somewhat behind
	StoryLate       Storyline = "late"       // far behind
	StorySilent     Storyline = "silent"     // no event for three months
	StoryNew        Storyline = "new"        // opened during its agreement
	StoryUnopened   Storyline = "unopened"   // agreement signed, not open yet
	StoryEnded      Storyline = "ended"      // its agreement has just ended: kept, or missed
	StoryUnreported Storyline = "unreported" // active, but says nothing about money
)

// Lab is a fictional fab lab in a real commune. The exported fields are for the demo's texts.
type Lab struct {
	Slug       string
	Name       string
	Commune    string
	INSEE      string
	Department string
	Region     string
	Zone       string
	Latitude   schemas.Decimal
	Longitude  schemas.Decimal
	Archetype  string
	Storyline  Storyline

	AgreementStart, AgreementEnd time.Time // days, in the lab's zone
	SilentSince                  time.Time // zero unless the lab has gone silent

	profile
	start, end day // the agreement's first and last day
	opens      day // first day of activity
	stops      day // first day without any event
}

// profile is what a lab does in an ordinary month of 21 open days, once it runs.
type profile struct {
	monthsAgo  int // when the agreement began, of a 24-month programme
	system     string
	origin     string // how machine hours are known
	weekly     bool   // sends the week's entries on Friday, from a spreadsheet
	mondays    bool   // open Monday to Friday, not Tuesday to Saturday
	hours      float64
	trainings  float64
	public     float64 // discovery events for the general public
	forFirms   float64 // and for companies
	services   float64 // delivered to companies
	media      float64
	visits     float64
	projects   float64
	firms      int     // company users met over the agreement
	firmShare  float64 // of the machine hours
	members    int     // at the start
	revenue    float64 // a month, EUR
	budget     int64   // eligible, EUR
	aidPercent int64   // public share that is really paid
	partners   int
	tests      int // business-model tests over the agreement
	national   bool
	area       int64
	periodic   bool // some promises are per quarter
	amended    bool // its agreement, once
	reopens    bool // a period that had been approved
	machines   []machineSpec
	pace       paces
}

// paces are actual ÷ expected by theme: the targets are set from them.
type paces struct{ public, training, company, machine, economy, visibility float64 }

func evenly(p float64) paces { return paces{p, p, p, p, p, p} }

// fictionalLabs is the programme's table. The communes, their codes and places are real; the
// labs are not: none of the names is in the CGET census of 2019 or among Brittany's labs of 2020.
func fictionalLabs() []Lab {
	at := func(lat, long int64) (schemas.Decimal, schemas.Decimal) {
		return schemas.Micros(lat * 100), schemas.Micros(long * 100) // given in 1/10,000 degree
	}
	labs := []Lab{
		{Slug: "etabli-des-embruns", Name: "L'Établi des Embruns", Commune: "Douarnenez", INSEE: "29046", Department: "29", Region: "Bretagne",
			Archetype: "3", Storyline: StorySteady,
			profile: profile{monthsAgo: 20, system: "fabmanager", origin: "booked", hours: 310, trainings: 6.5, public: 1.6, forFirms: 0.6, services: 2.6,
				media: 0.8, visits: 0.8, projects: 0.7, firms: 34, firmShare: 0.24, members: 140, revenue: 5200, budget: 168000, aidPercent: 62,
				partners: 7, tests: 3, national: true, area: 210, machines: generalMachines(),
				pace: paces{1.04, 1.0, 0.98, 1.06, 0.95, 1.02}}},
		{Slug: "forge-aux-etincelles", Name: "La Forge aux Étincelles", Commune: "Le Creusot", INSEE: "71153", Department: "71", Region: "Bourgogne-Franche-Comté",
			Archetype: "5", Storyline: StorySteady,
			profile: profile{monthsAgo: 21, system: "fabman", origin: "measured", mondays: true, hours: 430, trainings: 7, public: 1.1, forFirms: 1, services: 5.2,
				media: 0.45, visits: 1, projects: 0.3, firms: 68, firmShare: 0.55, members: 95, revenue: 11800, budget: 265000, aidPercent: 58,
				partners: 8, tests: 4, area: 520, machines: metalMachines(),
				pace: paces{0.84, 1.02, 1.25, 1.1, 1.2, 0.62}}},
		{Slug: "fil-et-fraise", Name: "Fil & Fraise", Commune: "Roubaix", INSEE: "59512", Department: "59", Region: "Hauts-de-France",
			Archetype: "4", Storyline: StoryAhead,
			profile: profile{monthsAgo: 22, system: "fabman", origin: "measured", hours: 415, trainings: 8, public: 2.1, forFirms: 0.9, services: 5,
				media: 1.6, visits: 1.4, projects: 1.3, firms: 74, firmShare: 0.34, members: 260, revenue: 13200, budget: 280000, aidPercent: 55,
				partners: 10, tests: 5, national: true, area: 640, machines: textileMachines(), pace: evenly(1.62)}},
		{Slug: "emoulerie-des-possibles", Name: "L'Émoulerie des Possibles", Commune: "Thiers", INSEE: "63430", Department: "63", Region: "Auvergne-Rhône-Alpes",
			Archetype: "2", Storyline: StoryLate,
			profile: profile{monthsAgo: 20, origin: "declared", weekly: true, hours: 205, trainings: 4.4, public: 1, forFirms: 0.3, services: 1,
				media: 0.3, visits: 0.25, projects: 0.2, firms: 12, firmShare: 0.15, members: 60, revenue: 2100, budget: 150000, aidPercent: 66,
				partners: 3, tests: 1, area: 150, machines: smallMachines(), pace: paces{0.58, 0.63, 0.42, 0.6, 0.5, 0.45}}},
		{Slug: "causse-a-idees", Name: "Le Causse à Idées", Commune: "Millau", INSEE: "12145", Department: "12", Region: "Occitanie",
			Archetype: "2", Storyline: StorySilent,
			profile: profile{monthsAgo: 21, system: "fabmanager", origin: "booked", hours: 240, trainings: 5, public: 1.3, forFirms: 0.4, services: 1.8,
				media: 0.5, visits: 0.5, projects: 0.5, firms: 22, firmShare: 0.2, members: 85, revenue: 3400, budget: 132000, aidPercent: 64,
				partners: 5, tests: 2, area: 180, machines: smallMachines(), pace: paces{1.02, 0.98, 0.85, 1, 0.9, 0.88}}},
		{Slug: "kaz-copeaux", Name: "La Kaz Copeaux", Commune: "Saint-Pierre", INSEE: "97416", Department: "974", Region: "La Réunion", Zone: "Indian/Reunion",
			Archetype: "3", Storyline: StorySteady,
			profile: profile{monthsAgo: 20, system: "fabmanager", origin: "booked", hours: 330, trainings: 6, public: 1.8, forFirms: 0.6, services: 2.8,
				media: 1, visits: 0.9, projects: 0.8, firms: 38, firmShare: 0.28, members: 150, revenue: 6100, budget: 190000, aidPercent: 68,
				partners: 7, tests: 3, national: true, area: 260, amended: true, machines: generalMachines(), pace: paces{1.1, 0.96, 0.94, 0.97, 0.92, 1.15}}},
		{Slug: "stazzona-di-u-fornu", Name: "A Stazzona di u Fornu", Commune: "Corte", INSEE: "2B096", Department: "2B", Region: "Corse",
			Archetype: "6", Storyline: StoryAtRisk,
			profile: profile{monthsAgo: 19, origin: "declared", weekly: true, hours: 220, trainings: 5.2, public: 1.2, forFirms: 0.4, services: 1.3,
				media: 0.5, visits: 0.5, projects: 0.5, firms: 18, firmShare: 0.16, members: 70, revenue: 2600, budget: 118000, aidPercent: 67,
				partners: 4, tests: 2, area: 140, machines: smallMachines(), pace: paces{0.82, 0.8, 0.74, 0.83, 0.72, 0.85}}},
		{Slug: "atelier-du-maripa", Name: "L'Atelier du Maripa", Commune: "Cayenne", INSEE: "97302", Department: "973", Region: "Guyane", Zone: "America/Cayenne",
			Archetype: "1", Storyline: StoryNew,
			profile: profile{monthsAgo: 19, system: "fabmanager", origin: "booked", hours: 260, trainings: 5.5, public: 1.7, forFirms: 0.5, services: 2,
				media: 0.9, visits: 0.8, projects: 0.5, firms: 24, firmShare: 0.22, members: 20, revenue: 3900, budget: 205000, aidPercent: 72,
				partners: 6, tests: 2, national: true, area: 190, machines: generalMachines(), pace: paces{1.05, 0.92, 0.86, 0.9, 0.8, 1.1}}},
		{Slug: "coque-et-ecrou", Name: "La Coque et l'Écrou", Commune: "Sète", INSEE: "34301", Department: "34", Region: "Occitanie",
			Archetype: "3", Storyline: StoryEnded,
			profile: profile{monthsAgo: 24, system: "fabmanager", origin: "booked", hours: 340, trainings: 6.8, public: 1.5, forFirms: 0.5, services: 2.5,
				media: 0.8, visits: 0.7, projects: 0.6, firms: 32, firmShare: 0.26, members: 160, revenue: 6300, budget: 176000, aidPercent: 61,
				partners: 6, tests: 3, national: true, area: 240, machines: generalMachines(), pace: paces{1.12, 1.15, 0.82, 1.1, 0.9, 0.75}}},
		{Slug: "cairn-des-bricoleurs", Name: "Le Cairn des Bricoleurs", Commune: "Gap", INSEE: "05061", Department: "05", Region: "Provence-Alpes-Côte d'Azur",
			Archetype: "2", Storyline: StoryUnopened,
			profile: profile{monthsAgo: 5, origin: "declared", hours: 220, trainings: 5, public: 1.4, forFirms: 0.5, services: 1.6,
				media: 0.6, visits: 0.5, projects: 0.4, firms: 20, firmShare: 0.2, members: 0, revenue: 3000, budget: 195000, aidPercent: 65,
				partners: 5, tests: 2, area: 170, machines: smallMachines(), pace: evenly(1)}},
		{Slug: "bobine-du-canal", Name: "La Bobine du Canal", Commune: "Vierzon", INSEE: "18279", Department: "18", Region: "Centre-Val de Loire",
			Archetype: "3", Storyline: StorySteady,
			profile: profile{monthsAgo: 18, system: "fabman", origin: "measured", hours: 290, trainings: 5.6, public: 1.4, forFirms: 0.5, services: 2.2,
				media: 0.6, visits: 0.6, projects: 0.6, firms: 28, firmShare: 0.3, members: 115, revenue: 4700, budget: 154000, aidPercent: 60,
				partners: 6, tests: 2, area: 300, periodic: true, machines: generalMachines(), pace: paces{0.97, 1.08, 0.95, 0.93, 0.98, 0.8}}},
		{Slug: "imagerie-des-copeaux", Name: "L'Imagerie des Copeaux", Commune: "Épinal", INSEE: "88160", Department: "88", Region: "Grand Est",
			Archetype: "1", Storyline: StoryUnreported,
			profile: profile{monthsAgo: 21, origin: "declared", weekly: true, hours: 255, trainings: 5, public: 2, forFirms: 0.4, services: 1.5,
				media: 1.3, visits: 0.9, projects: 0.9, firms: 20, firmShare: 0.14, members: 130, revenue: 3500, budget: 126000, aidPercent: 69,
				partners: 6, tests: 1, national: true, area: 220, machines: smallMachines(), pace: paces{1.2, 0.95, 0.76, 0.92, 0.7, 1.35}}},
		{Slug: "grande-fabrique-de-l-estuaire",
			Name:    "Grande Fabrique partagée de l'Estuaire, des Savoir-faire navals, du Réemploi et de l'Émerveillement numérique pour tous",
			Commune: "Saint-Nazaire", INSEE: "44184", Department: "44", Region: "Pays de la Loire",
			Archetype: "4", Storyline: StorySteady,
			profile: profile{monthsAgo: 22, system: "fabman", origin: "measured", hours: 405, trainings: 8.2, public: 1.9, forFirms: 0.8, services: 4.6,
				media: 1.1, visits: 1.2, projects: 1, firms: 62, firmShare: 0.4, members: 310, revenue: 12500, budget: 285000, aidPercent: 52,
				partners: 9, tests: 4, national: true, area: 780, periodic: true, reopens: true, machines: metalMachines(), pace: paces{1.0, 1.05, 1.0, 0.99, 1.05, 0.96}}},
		{Slug: "mains-de-la-juine", Name: "Les Mains de la Juine", Commune: "Étampes", INSEE: "91223", Department: "91", Region: "Île-de-France",
			Archetype: "6", Storyline: StoryAtRisk,
			profile: profile{monthsAgo: 19, system: "fabmanager", origin: "booked", hours: 240, trainings: 5.4, public: 1.2, forFirms: 0.4, services: 1.6,
				media: 0.5, visits: 0.5, projects: 0.4, firms: 20, firmShare: 0.2, members: 90, revenue: 3300, budget: 140000, aidPercent: 63,
				partners: 5, tests: 2, area: 165, machines: smallMachines(), pace: paces{0.78, 0.84, 0.82, 0.76, 0.85, 0.66}}},
	}
	// In 1/10,000 degree, about the middle of each commune, in the order above.
	places := [][2]int64{{480926, -43286}, {468011, 44411}, {506927, 31778}, {458564, 35475}, {440986, 30783}, {-213393, 554781}, {423064, 91509},
		{49372, -523260}, {434028, 36928}, {445594, 60786}, {472225, 20686}, {481744, 64497}, {472736, -22137}, {484350, 21614}}
	for i := range labs {
		labs[i].Latitude, labs[i].Longitude = at(places[i][0], places[i][1])
		if labs[i].Zone == "" {
			labs[i].Zone = programmeZone
		}
	}
	return labs
}

// isOpen says whether the lab receives users on a day.
func (l *Lab) isOpen(d day) bool {
	if d < l.opens {
		return false
	}
	w := d.weekday()
	if w == time.Sunday || w == time.Monday && !l.mondays || w == time.Saturday && l.mondays {
		return false
	}
	return !closedFor(d, l.Zone)
}

// intensity is how busy the lab is on a day, 1 being an ordinary day of a lab at cruising speed.
func (l *Lab) intensity(d day) float64 {
	if !l.isOpen(d) {
		return 0
	}
	_, m, _ := d.civil()
	return seasonOf(l.Zone)[m-1] * l.ramp(d)
}

// ramp is the growth: a new lab fills within five months, the others grow with their means.
func (l *Lab) ramp(d day) float64 {
	if l.Storyline == StoryNew || l.Storyline == StoryUnopened {
		return min(1.05, 0.4+0.6*float64(d-l.opens)/150)
	}
	return 0.88 + 0.24*min(1, float64(d-l.start)/float64(l.end-l.start+1))
}

// openDays is the ordinary month that the profiles' rates are about.
const openDays = 21

// share is the part of the agreement that has gone by on a day, 0 to 1.
func (l *Lab) share(d day) float64 {
	return max(0, min(1, float64(d-l.start)/float64(l.end-l.start+1)))
}
