package showcase

import (
	"fmt"
	"math"
	"net/url"
	"strings"
)

// mapView is the map as the template draws it.
type mapView struct {
	ViewBox string // empty: there is no map
	Areas   []areaView
	Pins    []pin
	Radius  string
	// Elsewhere says how many labs have no place on the map; empty: none.
	Elsewhere string
}

type areaView struct {
	Name, Path   string
	X, Y, W, H   string
	NameX, NameY string
	Inset        bool
}

// pin is a lab on the map.
type pin struct {
	X, Y  string
	Label string
	Href  string // empty: the lab of the page
}

// crowded is from how many labs on pins are drawn smaller.
const crowded = 120

// drawMap puts labs on the map of all areas.
func (h *Handler) drawMap(t texts, labs []*Lab, v visitor) mapView {
	m := mapView{ViewBox: fmt.Sprintf("0 0 %g %g", mapWidth, mapHeight), Areas: views(t, h.areas)}
	radius := 8.0
	if len(labs) >= crowded {
		radius = 4
	}
	m.Radius = tenths(radius)
	var where [][2]float64
	for _, l := range labs {
		x, y, ok := spot(h.areas, l)
		if !ok {
			continue
		}
		where = append(where, [2]float64{x, y})
		m.Pins = append(m.Pins, pin{Label: strings.Trim(l.title()+", "+l.Commune, ", "), Href: h.labHref(v, l)})
	}
	placePins(m.Pins, where, radius)
	if n := len(labs) - len(m.Pins); n > 0 {
		m.Elsewhere = t.Count("map.elsewhere", n)
	}
	return m
}

// drawLab is the area that a lab lies in, and the lab.
func (h *Handler) drawLab(t texts, lab *Lab) mapView {
	for i := range h.areas {
		a := h.areas[i : i+1]
		if x, y, ok := spot(a, lab); ok {
			f := a[0].frame
			radius := f.W / 45
			return mapView{
				ViewBox: fmt.Sprintf("%g %g %g %g", f.X, f.Y, f.W, f.H), Areas: views(t, a), Radius: tenths(radius),
				Pins: []pin{{X: tenths(x), Y: tenths(y), Label: lab.title()}},
			}
		}
	}
	return mapView{}
}

// spot is where a lab stands in the drawing.
func spot(areas []area, l *Lab) (x, y float64, ok bool) {
	if l.Latitude == nil || l.Longitude == nil {
		return 0, 0, false
	}
	for i := range areas {
		if areas[i].holds(*l.Latitude, *l.Longitude) {
			x, y = areas[i].at(*l.Latitude, *l.Longitude)
			return x, y, true
		}
	}
	return 0, 0, false
}

func views(t texts, areas []area) []areaView {
	var out []areaView
	for _, a := range areas {
		f := a.frame
		out = append(out, areaView{
			Name: t.Must("area." + a.Code), Path: a.path, Inset: a.Code != "metropole",
			X: tenths(f.X), Y: tenths(f.Y), W: tenths(f.W), H: tenths(f.H), NameX: tenths(f.X + f.W/2), NameY: tenths(f.Y + f.H - 7),
		})
	}
	return out
}

// placePins sets labs of the same town side by side: each must be seen and be reached.
func placePins(pins []pin, where [][2]float64, radius float64) {
	// Cells as wide as two pins: only neighbours need a look.
	type cell struct{ x, y int }
	apart := 2 * radius
	taken := map[cell][][2]float64{}
	at := func(x, y float64) cell { return cell{int(math.Floor(x / apart)), int(math.Floor(y / apart))} }
	free := func(x, y float64) bool {
		c := at(x, y)
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, other := range taken[cell{c.x + dx, c.y + dy}] {
					if math.Hypot(other[0]-x, other[1]-y) < apart {
						return false
					}
				}
			}
		}
		return true
	}
	for i := range pins {
		x, y := where[i][0], where[i][1]
		for ring := 1; !free(x, y) && ring < 200; ring++ {
			// A spiral of golden angles finds the nearest free place and leaves no gaps.
			angle, far := float64(ring)*2.399963, radius*math.Sqrt(float64(ring))
			x, y = where[i][0]+math.Cos(angle)*far, where[i][1]+math.Sin(angle)*far
		}
		x, y = min(max(x, radius+1), mapWidth-radius-1), min(max(y, radius+1), mapHeight-radius-1)
		taken[at(x, y)] = append(taken[at(x, y)], [2]float64{x, y})
		pins[i].X, pins[i].Y = tenths(x), tenths(y)
	}
}

// streetMap is the address of a street map of where a lab is.
func streetMap(l *Lab) string {
	if l.Latitude == nil || l.Longitude == nil {
		return ""
	}
	return fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.5f&mlon=%.5f#map=15/%.5f/%.5f", *l.Latitude, *l.Longitude, *l.Latitude, *l.Longitude)
}

// bare is an address as people write it.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimSuffix(strings.TrimPrefix(u.Host, "www.")+u.Path, "/")
}
