package showcase

import (
	"errors"
	"log/slog"
	"time"
)

// Defaults of [Config].
const (
	DefaultCache   = 2 * time.Second
	DefaultTimeout = 15 * time.Second
	DefaultNameFR  = "Aide au développement des ateliers de fabrication numérique"
	DefaultNameEN  = "Support for the development of digital fabrication workshops"
)

// Config says what a [Handler] shows.
type Config struct {
	// Source gives the figures. Required.
	Source Source
	// Logger hears of failures of Source and of pages that couldn't be rendered. nil: nobody does.
	Logger *slog.Logger
	// Cache is how long an answer of Source serves further requests. Default [DefaultCache];
	// negative: each request asks, unless the question is under way.
	Cache time.Duration
	// Timeout is how long Source may take before the visitor gets an error. Default [DefaultTimeout].
	Timeout time.Duration
	// NameFR and NameEN are the programme's name. Defaults [DefaultNameFR] and [DefaultNameEN];
	// with one of them alone, it stands in both languages.
	NameFR, NameEN string
	// Clock is the time that Cache is measured by. nil: [time.Now].
	Clock func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.Source == nil {
		return c, errors.New("showcase: Config.Source is missing")
	}
	if c.Timeout < 0 {
		return c, errors.New("showcase: Config.Timeout is negative")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Cache == 0 {
		c.Cache = DefaultCache
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.NameFR == "" && c.NameEN == "" {
		c.NameFR, c.NameEN = DefaultNameFR, DefaultNameEN
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c, nil
}
