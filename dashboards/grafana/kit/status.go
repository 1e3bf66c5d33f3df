package kit

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/internal/pages"
)

// looks are how each status shows: a symbol beside the word, so that nobody depends on the colour.
func looks(s pages.Status) (symbol, color string) {
	switch s {
	case pages.StatusAchieved:
		return "★", "dark-green"
	case pages.StatusWithin, pages.StatusOnTrack:
		return "✓", "green"
	case pages.StatusAtRisk:
		return "▲", "orange"
	case pages.StatusLate:
		return "▼", "red"
	case pages.StatusMissed, pages.StatusExceeded:
		return "✕", "dark-red"
	case pages.StatusNotStarted:
		return "…", "text"
	default:
		return "?", "#8e8e8e"
	}
}

// StatusWord is a status as the board shows it: symbol and word.
func (b *Board) StatusWord(s pages.Status) string {
	symbol, _ := looks(s)
	return symbol + " " + b.Text("status."+string(s))
}

// StatusColour is a status' colour, by Grafana's name.
func (b *Board) StatusColour(s pages.Status) string { _, c := looks(s); return c }

// StatusMappings show the codes of statuses as words with symbols, in the order in which they want attention.
func (b *Board) StatusMappings() []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for i, s := range pages.WorstFirst() {
		_, color := looks(s)
		word, index := b.StatusWord(s), int32(i)
		options[string(s)] = dashboard.ValueMappingResult{Text: &word, Color: &color, Index: &index}
	}
	return []dashboard.ValueMapping{Values(options)}
}

// Values makes a mapping of single values.
func Values(options map[string]dashboard.ValueMappingResult) dashboard.ValueMapping {
	return dashboard.ValueMapping{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}
}

// StatusCell shows a column of statuses as words on their colours.
func (b *Board) StatusCell() []Property {
	return []Property{
		{Id: "mappings", Value: b.StatusMappings()},
		{Id: "custom.cellOptions", Value: map[string]any{"type": "color-background", "mode": "basic"}},
		Width(150),
	}
}
