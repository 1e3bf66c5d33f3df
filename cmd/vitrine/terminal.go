package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"vitrine/schemas"
)

func isTerminal(w io.Writer) bool {
	f, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}

func (env *environment) printer() *message.Printer {
	if env.Config.Lang == schemas.French {
		return message.NewPrinter(language.French)
	}
	return message.NewPrinter(language.English)
}

func numberFormat(v float64) any { return number.Decimal(v, number.MaxFractionDigits(2)) }

// units are written behind numbers; those that an indicator's name says already aren't.
var units = map[string]schemas.Text{
	"%": {FR: " %", EN: "%"}, "EUR": {FR: " €", EN: " €"}, "hour": {FR: " h", EN: " h"}, "trainee.hour": {FR: " h", EN: " h"},
	"m2": {FR: " m²", EN: " m²"}, "day": {FR: " j", EN: " d"}, "month": {FR: " mois", EN: " mo"},
	"stage 0-4": {}, "machine": {}, "service": {}, "event": {}, "attendance": {}, "company": {}, "session": {}, "partnership": {}, "type": {},
	"action": {}, "outcome": {}, "member": {}, "test": {}, "item": {}, "visit": {}, "project": {}, "milestone": {},
}

// unit is what stands behind a number in a unit of the catalogue.
func (env *environment) unit(name string) string {
	if known, ok := units[name]; ok || name == "" {
		return known.In(env.Config.Lang)
	}
	return " " + name // a programme's own
}

// width is how many columns the output has: COLUMNS, or the terminal's; 0 for what is no terminal.
func (env *environment) width() int {
	if n, err := strconv.Atoi(env.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, isFile := env.Stdout.(*os.File); isFile {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}
