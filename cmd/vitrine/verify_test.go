package main

import (
	"bytes"
	"strings"
	"testing"

	"vitrine/consumers/verify"
	"vitrine/schemas"
)

// Numbers are grouped as the reader's language does.
func TestVerificationInTheReadersLanguage(t *testing.T) {
	for lang, want := range map[schemas.Lang]string{schemas.French: "81\u00a0800 messages de 1\u00a0200 fab labs", schemas.English: "81,800 messages of 1,200 labs"} {
		var out bytes.Buffer
		env := &environment{Getenv: func(string) string { return "" }, Stdout: &out}
		env.Config.Lang = lang
		env.printVerification(verify.Report{Messages: 81800, Labs: 1200, Checks: []verify.Check{{Name: "cells", Expected: 81800, Found: 81800}}})
		if grouped := strings.Split(want, " messages")[0]; !strings.Contains(out.String(), want) || strings.Count(out.String(), grouped) != 3 {
			t.Errorf("%s: %q", lang, out.String())
		}
	}
	for lang, want := range map[schemas.Lang]string{schemas.French: "0 message de 1 fab lab,", schemas.English: "0 messages of 1 lab,"} {
		var out bytes.Buffer
		env := &environment{Getenv: func(string) string { return "" }, Stdout: &out}
		env.Config.Lang = lang
		if env.printVerification(verify.Report{Labs: 1}); !strings.Contains(out.String(), want) {
			t.Errorf("%s: %q, want %q", lang, out.String(), want)
		}
	}
}
