package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"vitrine/consumers/opendata"
	"vitrine/dashboards/showcase"
	"vitrine/schemas"
)

// publicSource gives the public pages what everybody may have, and nothing else: figures of the last release, and what labs
// say of themselves.
type publicSource struct {
	store   opendata.Store
	zone    *time.Location
	keeper  *opendata.Keeper // nil: no release is kept here
	loading func() *showcase.Progress

	mu    sync.Mutex
	of    *opendata.Release // of which files are
	files []showcase.File
}

func (p *publicSource) Programme(ctx context.Context) (showcase.Programme, error) {
	now := time.Now().In(p.zone)
	out := showcase.Programme{Loading: p.loading()}
	d, err := p.directory(ctx, now, out.Loading != nil)
	if err != nil {
		return showcase.Programme{}, remaking(err, showcase.ErrRemaking)
	}
	var release *opendata.Release
	if p.keeper != nil {
		release = p.keeper.Release()
	}
	figures := map[string]opendata.Lab{}
	indicators := map[string]showcase.Measure{}
	if release != nil {
		out.Through = release.Quarter.Last()
		if out.OpenData, err = p.openData(release); err != nil {
			return showcase.Programme{}, err
		}
		for _, i := range release.Indicators {
			indicators[i.Code] = showcase.Measure{Code: i.Code, Name: showcase.Text(i.Name), Unit: i.Unit, About: i.About, Threshold: i.Threshold}
		}
		for _, l := range release.Labs {
			figures[l.Lab] = l
		}
		out.Totals = totals(release.Programme, indicators)
	}
	for _, o := range d.Labs {
		lab := publicLab(o)
		for _, s := range d.Upcoming(o.Lab, now) {
			lab.Sessions = append(lab.Sessions, showcase.Session{Starts: s.Starts, Ends: s.Ends, Training: s.Activity == "training", Title: s.Title, Place: s.Place, URL: s.URL})
		}
		lab.Figures = totals(figures[o.Lab].Figures, indicators)
		for _, c := range figures[o.Lab].Commitments {
			lab.Commitments = append(lab.Commitments, publicCommitment(c, indicators[c.Indicator]))
		}
		out.Labs = append(out.Labs, lab)
	}
	return out, nil
}

// directory reads anew as long as labs are still being counted: the keeper's may be a minute old.
func (p *publicSource) directory(ctx context.Context, now time.Time, fresh bool) (*opendata.Directory, error) {
	if p.keeper != nil && !fresh {
		if d, err := p.keeper.Directory(ctx); err != nil || len(d.Labs) > 0 {
			return d, err
		}
	}
	return opendata.ReadDirectory(ctx, p.store, now)
}

// shownFirst are the indicators that the pages show since the start, in their order: people and companies first.
func shownFirst() []string {
	return []string{"D02", "T03", "T02", "C01", "C05", "C04", "D01", "U01", "K01", "O01", "V01", "V04"}
}

// totals are the figures since the start, in the order to show.
func totals(figures []opendata.Figure, indicators map[string]showcase.Measure) []showcase.Figure {
	byCode := map[string]opendata.Figure{}
	for _, f := range figures {
		if f.Total {
			byCode[f.Indicator] = f
		}
	}
	var out []showcase.Figure
	for _, code := range shownFirst() {
		f, ok := byCode[code]
		if !ok || f.Value == nil && !f.Masked {
			continue
		}
		figure := showcase.Figure{Measure: indicators[code], Masked: f.Masked, MaskedLabs: f.MaskedLabs}
		if f.Value != nil {
			figure.Value = unitsOf(*f.Value)
		}
		out = append(out, figure)
	}
	return out
}

func publicLab(o opendata.Offer) showcase.Lab {
	lab := showcase.Lab{
		Slug: o.Lab, Name: o.Name, Commune: o.Commune, Region: o.Region, Archetype: o.Archetype, ArchetypeName: showcase.Text(o.Label),
		Latitude: o.Latitude, Longitude: o.Longitude, Opened: dayOf(o.Opened), Website: o.Website,
	}
	for _, s := range o.Services {
		lab.Services = append(lab.Services, showcase.Service{Name: showcase.Text(s.Label), Title: s.Title, URL: s.URL, Since: dayOf(s.Launched)})
	}
	for _, m := range o.Machines {
		lab.Machines = append(lab.Machines, showcase.Machines{Category: showcase.Text(m.Label), Count: m.Count})
	}
	for _, m := range o.Mentions {
		lab.Mentions = append(lab.Mentions, showcase.Item{Day: dayOf(m.Day), Title: m.Title, By: m.Outlet, URL: m.URL})
	}
	for _, m := range o.Projects {
		lab.Projects = append(lab.Projects, showcase.Item{Day: dayOf(m.Day), Title: m.Title, By: m.Code, Licence: showcase.Text(m.Label), URL: m.URL})
	}
	return lab
}

func publicCommitment(c opendata.Commitment, m showcase.Measure) showcase.Commitment {
	out := showcase.Commitment{
		Measure: m, Segment: showcase.Text(c.SegmentLabel), Target: unitsOf(c.Target), Masked: c.Masked,
		Status: showcase.Status(c.Status), From: dayOf(c.From), Due: dayOf(c.Due),
	}
	if out.Code == "" {
		out.Code = c.Indicator
	}
	if c.Actual != nil {
		v := unitsOf(*c.Actual)
		out.Actual = &v
	}
	if c.Percent != nil {
		v := unitsOf(*c.Percent)
		out.Percent = &v
	}
	return out
}

// openData are the downloads of a release; their sizes are worked out once.
func (p *publicSource) openData(r *opendata.Release) (*showcase.OpenData, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != r {
		bodies, err := opendata.Files(r)
		if err != nil {
			return nil, err
		}
		base := "vitrine-" + r.Quarter.String()
		p.of, p.files = r, nil
		for _, f := range []struct{ format, name string }{{"CSV", base + ".csv"}, {"JSON", base + ".json"}, {"Parquet", base + ".parquet"}, {"IATI", "iati.json"}} {
			p.files = append(p.files, showcase.File{Path: "/open-data/" + f.name, Format: f.format, Bytes: len(bodies[f.name])})
		}
	}
	return &showcase.OpenData{
		Files: p.files, Licence: r.Licence.Name, LicenceURL: r.Licence.URL, Publisher: r.Publisher, Masking: showcase.Text(r.Masking), Quarter: r.Quarter.String(),
	}, nil
}

// pageOrIndex answers a browser with a page and a program with the index.
func pageOrIndex(page, index http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.ServeHTTP(keepsVary{w}, r)
			return
		}
		index.ServeHTTP(keepsVary{w}, r)
	})
}

// keepsVary adds Accept to what an answer says it depends on.
type keepsVary struct{ http.ResponseWriter }

func (k keepsVary) WriteHeader(status int) {
	if h := k.Header(); !strings.Contains(strings.Join(h.Values("Vary"), ",")+",", "Accept,") {
		h.Add("Vary", "Accept")
	}
	k.ResponseWriter.WriteHeader(status)
}

func unitsOf(d schemas.Decimal) float64 { return float64(d.Micros()) / 1e6 }

// dayOf reads YYYY-MM-DD; zero where there is none.
func dayOf(s string) time.Time {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return day
}
