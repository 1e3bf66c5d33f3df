package main

import (
	"io"
	"os"

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
