// Command outline makes ../../outline.json, the outline of France and its overseas regions, from Natural Earth's
// countries at 1:10 million (public domain) as the npm package world-atlas 2.0.2 carries them:
//
//	npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
//	go run ./dashboards/showcase/internal/outline package/countries-10m.json dashboards/showcase/outline.json
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// topology is what is needed of a TopoJSON file.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 } `json:"transform"`
	Arcs      [][][2]float64                        `json:"arcs"`
	Objects   struct {
		Countries struct {
			Geometries []struct {
				Properties struct{ Name string } `json:"properties"`
				Arcs       json.RawMessage       `json:"arcs"` // one level less for a single polygon
			} `json:"geometries"`
		} `json:"countries"`
	} `json:"objects"`
}

// place is a part of the map: West, South, East, North in degrees, and how far a line may be from the true one.
type place struct {
	Code  string         `json:"code"`
	Box   [4]float64     `json:"box"`
	Rings [][][2]float64 `json:"rings"`
	far   float64        // degrees
	least float64        // smallest ring kept, as width + height in degrees
}

func places() []*place {
	return []*place{
		{Code: "metropole", Box: [4]float64{-5.3, 41.2, 9.8, 51.3}, far: 0.025, least: 0.25},
		{Code: "guadeloupe", Box: [4]float64{-61.9, 15.8, -60.9, 16.6}, far: 0.012, least: 0.1},
		{Code: "martinique", Box: [4]float64{-61.3, 14.3, -60.7, 15.0}, far: 0.012, least: 0.1},
		{Code: "guyane", Box: [4]float64{-54.8, 2.0, -51.5, 5.9}, far: 0.04, least: 0.5},
		{Code: "reunion", Box: [4]float64{55.1, -21.5, 55.95, -20.75}, far: 0.012, least: 0.1},
		{Code: "mayotte", Box: [4]float64{44.95, -13.1, 45.35, -12.55}, far: 0.008, least: 0.03},
	}
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	all := places()
	for _, country := range t.Objects.Countries.Geometries {
		if country.Properties.Name != "France" {
			continue
		}
		var polygons [][][]int
		if err := json.Unmarshal(country.Arcs, &polygons); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		for _, polygon := range polygons {
			add(all, t.ring(polygon[0]))
		}
	}
	out, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(out, '\n'), 0o644)
}

// add puts a ring where it belongs, simplified.
func add(all []*place, ring orb.Ring) {
	b := ring.Bound()
	for _, p := range all {
		if b.Min[0] < p.Box[0] || b.Min[1] < p.Box[1] || b.Max[0] > p.Box[2] || b.Max[1] > p.Box[3] || b.Max[0]-b.Min[0]+b.Max[1]-b.Min[1] < p.least {
			continue
		}
		var points [][2]float64
		for _, q := range simplify.DouglasPeucker(p.far).Ring(ring) {
			points = append(points, [2]float64{rounded(q[0]), rounded(q[1])})
		}
		p.Rings = append(p.Rings, points)
	}
}

func rounded(v float64) float64 { return math.Round(v*1000) / 1000 }

// ring puts arcs together; a negative one is read backwards.
func (t *topology) ring(arcs []int) orb.Ring {
	var out orb.Ring
	for _, i := range arcs {
		arc, backwards := i, i < 0
		if backwards {
			arc = ^i
		}
		var points orb.Ring
		x, y := 0.0, 0.0
		for _, d := range t.Arcs[arc] {
			x, y = x+d[0], y+d[1]
			points = append(points, orb.Point{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]})
		}
		if backwards {
			points.Reverse()
		}
		if len(out) > 0 {
			points = points[1:]
		}
		out = append(out, points...)
	}
	return out
}
