package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"vitrine/consumers/clickhouse"
	"vitrine/consumers/status"
	"vitrine/schemas"
)

// environmentOf is one whose terminal has so many columns.
func environmentOf(columns string, lang schemas.Lang) (*environment, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return &environment{Stdout: out, Config: config{Lang: lang}, Getenv: func(name string) string {
		if name == "COLUMNS" {
			return columns
		}
		return ""
	}}, out
}

// Tables are no wider than the terminal, and say all the same.
func TestTablesFitTheTerminal(t *testing.T) {
	name := "Grande Fabrique partagée de l'Estuaire, des Savoir-faire navals, du Réemploi et de l'Émerveillement numérique pour tous"
	silent := int64(95)
	lab := status.Lab{}
	lab.Name, lab.Commune, lab.MeanStatus, lab.WorstStatus, lab.SilentDays, lab.Events = name, "Saint-Nazaire", "on_track", "exceeded", &silent, 123456
	actual, low, high := 1800.7, 1600.6, 1737.9
	commitment := clickhouse.CommitmentStatus{Indicator: "D02", NameFR: "Participants aux événements de découverte", NameEN: "Discovery attendances", Segment: "companies", Unit: "hour",
		Target: 1740, Actual: &actual, Expected: 1666.15, Pace: &actual, Projected: &actual, ProjectedLow: &low, ProjectedHigh: &high, NeededPerMonth: &actual,
		Due: time.Date(2027, 2, 28, 0, 0, 0, 0, time.UTC), Status: "within"}
	for _, lang := range []schemas.Lang{schemas.French, schemas.English} {
		wide, _ := environmentOf("", lang)
		narrow, _ := environmentOf("120", lang)
		pairs := map[string][2]string{
			"status":     {wide.statusTable([]status.Lab{lab}, false).Render(), narrow.statusTable([]status.Lab{lab}, true).Render()},
			"commitment": {wide.commitmentsTable([]clickhouse.CommitmentStatus{commitment}, false).Render(), narrow.commitmentsTable([]clickhouse.CommitmentStatus{commitment}, true).Render()},
		}
		for what, tables := range pairs {
			if width := text.LongestLineLen(tables[1]); width > 120 {
				t.Errorf("%s in %s: %d columns wide\n%s", what, lang, width, tables[1])
			}
			for _, word := range strings.FieldsFunc(tables[0], func(r rune) bool { return strings.ContainsRune(" \n│─╭╮╰╯├┤┬┴┼", r) }) {
				if !strings.Contains(tables[1], word) {
					t.Errorf("%s in %s has no %q\n%s", what, lang, word, tables[1])
				}
			}
		}
	}
}

func TestFolding(t *testing.T) {
	for _, c := range []struct {
		cell  string
		width int
		want  string
	}{
		{"✔ plafond respecté", 10, "✔ plafond|respecté"},
		{"un SIREN : 9 chiffres", 9, "un|SIREN : 9|chiffres"},
		{"organisés – Entreprises", 13, "organisés|– Entreprises"},
		{"grande-fabrique-de-l-estuaire", 16, "grande-fabrique-|de-l-estuaire"},
		{"du 2026-02-28", 10, "du|2026-02-28"},
		{"un\n  deux trois", 7, "un|  deux|trois"},
		{"incompréhensible", 5, "incom|préhe|nsibl|e"},
	} {
		if got := strings.ReplaceAll(folding(c.cell, c.width), "\n", "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.cell, c.width, got, c.want)
		}
	}
}
