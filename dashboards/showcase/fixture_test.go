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

// programme is a programme of a few labs, one for each way of standing.
func programme() Programme {
	day := time.Date(2026, 3, 12, 0, 0, 0, 0, paris)
	p := Programme{
		AsOf:      day,
		UpdatedAt: time.Date(2026, 3, 12, 14, 5, 0, 0, paris),
		Totals: []Total{
			{"U04", "Heures machines", "Machine hours", "hour", 184_305.4},
			{"O18", "Entreprises utilisatrices actives", "Active company users", "company", 1_284},
			{"O11", "Participants aux événements de découverte", "Discovery attendances", "attendance", 23_918},
			{"O15", "Heures-stagiaires", "Trainee hours", "trainee.hour", 41_260},
			{"I01", "Montant des dépenses éligibles payées", "Eligible expenditure paid", "EUR", 1_764_220},
			{"V01", "Retombées média", "Media mentions", "item", 312},
		},
	}
	add := func(slug, name, commune, region string, worst, mean Status, silent int, overdue int, counts map[pages.Status]int) {
		last := day.AddDate(0, 0, -silent).Add(15 * time.Hour)
		lab := Lab{
			Slug: slug, Name: name, Commune: commune, Region: region,
			Latitude: ptr(47.2), Longitude: ptr(-1.55),
			WorstStatus: worst, MeanStatus: mean, Counts: counts,
			LastEvent: &last, SilentDays: &silent, Events: 12_480, OverduePeriods: overdue,
			Commitments: commitments(),
		}
		p.Labs = append(p.Labs, lab)
	}
	type c = map[pages.Status]int
	add("atelier-nord", "L’Atelier du Nord", "Roubaix", "Hauts-de-France", pages.StatusOnTrack, pages.StatusOnTrack, 0, 0, c{pages.StatusAchieved: 3, pages.StatusOnTrack: 6})
	add("etang", "Étang numérique", "Sète", "Occitanie", pages.StatusMissed, pages.StatusAtRisk, 3, 1, c{pages.StatusAchieved: 2, pages.StatusOnTrack: 3, pages.StatusAtRisk: 2, pages.StatusLate: 1, pages.StatusMissed: 1, pages.StatusNoData: 1})
	add("fabrique-des-lacs", "La Fabrique des lacs", "Annecy", "Auvergne-Rhône-Alpes", pages.StatusLate, pages.StatusOnTrack, 1, 0, c{pages.StatusAchieved: 1, pages.StatusWithin: 1, pages.StatusOnTrack: 5, pages.StatusLate: 2})
	add("tres-long", longName, "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "Provence-Alpes-Côte d’Azur", pages.StatusAtRisk, pages.StatusAtRisk, 5, 0, c{pages.StatusOnTrack: 4, pages.StatusAtRisk: 4, pages.StatusNotStarted: 2})
	add("zinc", "Zinc Lab", "Nantes", "Pays de la Loire", pages.StatusAchieved, pages.StatusAchieved, 2, 0, c{pages.StatusAchieved: 8})
	add("silencieux", "Fab du Causse", "Millau", "Occitanie", pages.StatusLate, pages.StatusLate, 92, 2, c{pages.StatusOnTrack: 1, pages.StatusLate: 7, pages.StatusExceeded: 1})
	add("piton", "Piton Fab", "Saint-Denis", "La Réunion", pages.StatusNoData, pages.StatusOnTrack, 1, 0, c{pages.StatusOnTrack: 7, pages.StatusNoData: 2})
	p.Labs = append(p.Labs, Lab{
		Slug: "bientot", Name: "Bientôt Lab", Commune: "Guéret", Region: "Nouvelle-Aquitaine",
		WorstStatus: pages.StatusNotStarted, MeanStatus: pages.StatusNotStarted, Counts: c{pages.StatusNotStarted: 6},
	})
	return p
}

func commitments() []Commitment {
	from, due := time.Date(2025, 1, 1, 0, 0, 0, 0, paris), time.Date(2026, 12, 31, 0, 0, 0, 0, paris)
	return []Commitment{
		{"U04", "Heures machines", "Machine hours", "hour", "", "", "", 12_000, ptr(8_210.0), ptr(68.42), 7_400, ptr(1.109), ptr(13_900.0), pages.StatusOnTrack, from, due},
		{"O18", "Entreprises utilisatrices actives", "Active company users", "company", "", "", "", 120, ptr(37.0), ptr(30.83), 72, ptr(0.514), ptr(61.4), pages.StatusLate, from, due},
		{"O11", "Participants aux événements de découverte", "Discovery attendances", "attendance", "companies", "entreprises", "companies", 300, ptr(341.0), ptr(113.7), 178, ptr(1.92), ptr(520.0), pages.StatusAchieved, from, due},
		{"O17", "Taux de remplissage", "Fill rate", "%", "", "", "", 75, ptr(58.4), ptr(77.9), 75, ptr(0.779), nil, pages.StatusAtRisk, from, due},
		{"I03", "Taux d'aide effectif", "Effective aid rate", "%", "", "", "", 70, ptr(66.3), nil, 0, nil, nil, pages.StatusWithin, from, due},
		{"U11", "Recettes propres", "Own revenue", "EUR", "", "", "", 90_000, nil, nil, 54_000, nil, nil, pages.StatusNoData, from, due},
		{"V03", "Visites vitrine accueillies", "Showcase visits hosted", "visit", "", "", "", 4, ptr(1.0), ptr(25.0), 4, ptr(0.25), nil, pages.StatusMissed, from, time.Date(2026, 3, 1, 0, 0, 0, 0, paris)},
		{"X01", "Bois économisé dans la chaîne de fabrication des aménagements intérieurs", "Wood saved", "kg", "", "", "", 1_500, ptr(0.0), ptr(0.0), 0, nil, nil, pages.StatusNotStarted, time.Date(2026, 6, 1, 0, 0, 0, 0, paris), due},
	}
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
