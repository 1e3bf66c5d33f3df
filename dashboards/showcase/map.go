package showcase

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

//go:embed outline.json
var outlineFile []byte

// area is a part of the map: where it lies on the earth, in degrees (west, south, east, north), its outline, and
// where it is drawn.
type area struct {
	Code  string         `json:"code"`
	Box   [4]float64     `json:"box"`
	Rings [][][2]float64 `json:"rings"`
	frame rect           // in the drawing
	path  string
}

// rect is a rectangle of the drawing.
type rect struct{ X, Y, W, H float64 }

// The map's size in its own units. Overseas regions stand in a row of their own below the métropole, each at a
// scale of its own, as French maps have them.
const (
	mapWidth   = 600.0
	mapHeight  = 690.0
	insetTop   = 585.0
	insetWidth = 112.0
	insetGap   = 10.0
)

// loadMap reads the outline and lays the areas out.
func loadMap() ([]area, error) {
	var areas []area
	if err := json.Unmarshal(outlineFile, &areas); err != nil {
		return nil, fmt.Errorf("showcase: read outline.json: %w", err)
	}
	inset := 0
	for i := range areas {
		a := &areas[i]
		a.frame = rect{X: 0, Y: 0, W: mapWidth, H: insetTop - 15}
		if a.Code != "metropole" {
			a.frame = rect{X: float64(inset) * (insetWidth + insetGap), Y: insetTop, W: insetWidth, H: mapHeight - insetTop}
			inset++
		}
		a.path = a.outline()
	}
	return areas, nil
}

// holds says whether a place lies in the area.
func (a *area) holds(latitude, longitude float64) bool {
	return longitude >= a.Box[0] && latitude >= a.Box[1] && longitude <= a.Box[2] && latitude <= a.Box[3]
}

// inside is the margin around an area's outline, in the drawing's units; below it stands an inset's name.
func (a *area) inside() rect {
	if a.Code == "metropole" {
		return rect{a.frame.X + 10, a.frame.Y + 10, a.frame.W - 20, a.frame.H - 20}
	}
	return rect{a.frame.X + 8, a.frame.Y + 8, a.frame.W - 16, a.frame.H - 30}
}

// at is where a place is drawn: degrees of longitude are shortened as in the middle of the area, so that shapes
// look as people know them.
func (a *area) at(latitude, longitude float64) (x, y float64) {
	in := a.inside()
	shorter := math.Cos((a.Box[1] + a.Box[3]) / 2 * math.Pi / 180)
	width, height := (a.Box[2]-a.Box[0])*shorter, a.Box[3]-a.Box[1]
	scale := min(in.W/width, in.H/height)
	x = in.X + (in.W-width*scale)/2 + (longitude-a.Box[0])*shorter*scale
	y = in.Y + (in.H-height*scale)/2 + (a.Box[3]-latitude)*scale
	return x, y
}

func (a *area) outline() string {
	var b strings.Builder
	for _, ring := range a.Rings {
		for i, p := range ring {
			x, y := a.at(p[1], p[0])
			b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + tenths(x) + " " + tenths(y))
		}
		b.WriteString("Z")
	}
	return b.String()
}

func tenths(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
