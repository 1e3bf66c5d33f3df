package opendata

import (
	"time"

	"vitrine/schemas"
)

// Entry is a lab in the registry.
type Entry struct {
	Lab        string       `json:"lab"`
	Name       string       `json:"name"`
	Commune    string       `json:"commune"`
	INSEE      string       `json:"insee,omitempty"`
	Department string       `json:"department,omitempty"`
	Region     string       `json:"region,omitempty"`
	Archetype  string       `json:"archetype,omitempty"`
	Label      schemas.Text `json:"archetype_label,omitzero"`
	// Zone is the lab's time zone.
	Zone      string   `json:"zone"`
	Latitude  *float64 `json:"latitude,omitempty"` // degrees, WGS 84
	Longitude *float64 `json:"longitude,omitempty"`
	Opened    string   `json:"opened,omitempty"` // YYYY-MM-DD
	Website   string   `json:"website,omitempty"`
}

// Directory is what labs offer, make known and announce, without any figures. It is read anew whenever it is asked for.
type Directory struct {
	// Labs are all labs of the programme, by their codes.
	Labs []Offer `json:"labs"`
	// Sessions are the announced ones that aren't over, the next one first, cancelled ones too.
	Sessions []Session `json:"sessions"`
}

// Offer is what a lab offers and has made known. The lists begin with the latest.
type Offer struct {
	Entry
	Services []Service  `json:"services"`
	Machines []Machines `json:"machines"`
	Mentions []Mention  `json:"mentions"`
	Projects []Project  `json:"projects"`
}

// Service is a service that was launched.
type Service struct {
	Launched string       `json:"launched"` // YYYY-MM-DD
	Type     string       `json:"service_type"`
	Label    schemas.Text `json:"label"`
	Audience string       `json:"audience,omitempty"`
	Title    string       `json:"title,omitempty"`
	URL      string       `json:"url,omitempty"`
}

// Machines are the different machines of a category that were commissioned.
type Machines struct {
	Category string       `json:"category"`
	Label    schemas.Text `json:"label"`
	Count    int          `json:"count"`
	Latest   string       `json:"latest"` // YYYY-MM-DD: when the newest was commissioned
}

// Mention is a published item about a lab.
type Mention struct {
	Day    string `json:"day"`
	Scope  string `json:"scope"`
	Medium string `json:"medium"`
	Outlet string `json:"outlet,omitempty"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Project is a documented project.
type Project struct {
	Day     string       `json:"day"` // when it was first published
	Code    string       `json:"project"`
	Licence string       `json:"licence"`
	Label   schemas.Text `json:"licence_label"`
	Title   string       `json:"title,omitempty"`
	URL     string       `json:"url,omitempty"`
}

// Session is an announced session.
type Session struct {
	// UID is the same for as long as the session exists.
	UID      string    `json:"uid"`
	Lab      string    `json:"lab"`
	LabName  string    `json:"lab_name"`
	Activity string    `json:"activity"` // training or discovery
	Title    string    `json:"title"`
	Starts   time.Time `json:"starts"` // in the lab's zone
	Ends     time.Time `json:"ends,omitzero"`
	Audience string    `json:"audience"`
	Topic    string    `json:"topic,omitempty"`
	// Place is where, as the lab says it; else its commune.
	Place     string    `json:"place"`
	URL       string    `json:"url,omitempty"`
	Seats     int64     `json:"seats,omitempty"`
	Cancelled bool      `json:"cancelled,omitempty"`
	Revision  uint64    `json:"revision"` // grows with each change
	Changed   time.Time `json:"changed"`
}
