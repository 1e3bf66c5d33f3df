package showcase

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vitrine/internal/pages"
)

// fixed is a Source that always says the same.
type fixed struct {
	programme Programme
	err       error
}

func (f fixed) Programme(context.Context) (Programme, error) { return f.programme, f.err }

var paris = time.FixedZone("CET", 3600) // read only

func newHandler(t *testing.T, s Source) *Handler {
	t.Helper()
	h, err := New(Config{Source: s})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// get asks h for target; header is pairs of a name and a value.
func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return request(t, h, http.MethodGet, target, header...)
}

func request(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const longName = "Atelier coopératif de fabrication numérique, de réemploi et d’expérimentation électronique de l’Île-aux-Anticonstitutionnellement-Éloignés (œuvre d’éducation populaire)"

// programme is a programme of a few labs: one that has everything, one that has nothing, and some on the way.
func programme() Programme {
	people := Measure{Code: "D02", Name: Text{"Participations aux découvertes", "Discovery attendances"}, Unit: "attendance", About: "people", Threshold: 5}
	companies := Measure{Code: "C01", Name: Text{"Entreprises utilisatrices", "User companies"}, Unit: "company", About: "companies", Threshold: 3}
	hours := Measure{Code: "T02", Name: Text{"Heures-stagiaires", "Trainee hours"}, Unit: "trainee.hour", About: "people"}
	p := Programme{
		Through: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC),
		Totals:  []Figure{{Measure: people, Value: 23_918, MaskedLabs: 2}, {Measure: companies, Value: 1_284}, {Measure: hours, Value: 41_260}},
		OpenData: &OpenData{
			Files:   []File{{"/open-data/vitrine-2026-Q1.csv", "CSV", 812_300}, {"/open-data/vitrine-2026-Q1.json", "JSON", 1_400_000}, {"/open-data/iati.json", "IATI", 90}},
			Licence: "Licence Ouverte 2.0", LicenceURL: "https://licence.example/2.0", Publisher: "La direction", Masking: Text{"Un trimestre n'est pas publié seul : petits nombres masqués.", "Small numbers are masked."}, Quarter: "2026-Q1",
		},
	}
	add := func(slug, name, commune, region, archetype string, latitude, longitude float64) *Lab {
		p.Labs = append(p.Labs, Lab{
			Slug: slug, Name: name, Commune: commune, Region: region, Archetype: archetype, ArchetypeName: Text{"Profil " + archetype, "Profile " + archetype},
			Latitude: &latitude, Longitude: &longitude,
		})
		return &p.Labs[len(p.Labs)-1]
	}
	add("atelier-nord", "L’Atelier du Nord", "Roubaix", "Hauts-de-France", "urbain", 50.69, 3.17)
	full := add("etang", "Étang numérique", "Sète", "Occitanie", "rural", 43.4, 3.7)
	full.Opened, full.Website = time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC), "https://www.etang.example/"
	full.Services = []Service{{Text{"Prototypage", "Prototyping"}, "Du croquis à la pièce", "https://etang.example/proto", time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)}}
	full.Machines = []Machines{{Text{"Découpe laser", "Laser cutting"}, 2}, {Text{"Impression 3D", "3D printing"}, 7}}
	full.Sessions = []Session{
		{Starts: time.Date(2026, 4, 14, 18, 0, 0, 0, paris), Training: true, Title: "Découpe laser, premiers pas", Place: "Quai 3", URL: "https://etang.example/inscription"},
		{Starts: time.Date(2026, 4, 20, 10, 0, 0, 0, paris), Title: "Portes ouvertes", Place: "Étang numérique, Sète"},
	}
	full.Mentions = []Item{{Day: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Title: "Un fab lab au bord de l’eau", By: "Gazette de Sète", URL: "https://gazette.example/a"}, {Day: time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)}}
	full.Projects = []Item{{Day: time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC), Title: "Bouée connectée", By: "bouee", Licence: Text{"CC BY-SA", "CC BY-SA"}, URL: "javascript:alert(1)"}}
	full.Figures = []Figure{{Measure: people, Value: 812}, {Measure: companies, Masked: true}, {Measure: hours, Masked: true}}
	from, due := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	full.Commitments = []Commitment{
		{Measure: people, Target: 1_200, Actual: ptr(812.0), Percent: ptr(67.7), Status: pages.StatusOnTrack, From: from, Due: due},
		{Measure: companies, Target: 120, Masked: true, From: from, Due: due},
		{Measure: companies, Segment: Text{"PME", "SMEs"}, Target: 40, Status: pages.StatusNoData, Due: due},
		{Measure: Measure{Code: "X01", Unit: "EUR"}, Target: 70, Actual: ptr(66.3), Percent: ptr(94.0), Status: pages.StatusWithin, From: from},
		{Measure: Measure{Code: "V03", Name: Text{"Visites accueillies", "Visits hosted"}, Unit: "visit"}, Target: 4, Actual: ptr(9.0), Percent: ptr(225.0), Status: pages.StatusAchieved},
	}
	add("tres-long", longName, "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "Provence-Alpes-Côte d’Azur", "urbain", 43.3, 5.4)
	add("zinc", "Zinc Lab", "Nantes", "Pays de la Loire", "urbain", 47.2, -1.55)
	add("zinc-2", "Zinc Lab Sud", "Nantes", "Pays de la Loire", "rural", 47.2, -1.55)
	add("piton", "Piton Fab", "Saint-Denis", "La Réunion", "rural", -20.9, 55.45)
	p.Labs = append(p.Labs, Lab{Slug: "bientot", Name: "Bientôt Lab"})
	return p
}

// many is a programme of n labs.
func many(n int) Programme {
	p := programme()
	kinds := p.Labs
	p.Labs = nil
	for i := range n {
		lab := kinds[i%len(kinds)]
		lab.Slug = fmt.Sprintf("%s-%d", lab.Slug, i)
		p.Labs = append(p.Labs, lab)
	}
	return p
}

func ptr[T any](v T) *T { return &v }
