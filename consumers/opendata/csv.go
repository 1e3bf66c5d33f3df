package opendata

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func day(t time.Time) string { return t.Format(time.DateOnly) }

// CSV writes a release as a table, UTF-8, as RFC 4180 has it. Its first lines are notices: what the licence, the source and the masking are.
// Texts that a spreadsheet program would run as a formula have an apostrophe before them.
func CSV(w io.Writer, r *Release) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	t := reflect.TypeFor[Row]()
	head := make([]string, t.NumField())
	for i := range head {
		head[i] = t.Field(i).Tag.Get("csv")
	}
	if err := out.Write(head); err != nil {
		return fmt.Errorf("open data as CSV: %w", err)
	}
	for _, row := range append(notices(r), Rows(r)...) {
		if err := out.Write(record(row)); err != nil {
			return fmt.Errorf("open data as CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("open data as CSV: %w", err)
	}
	return nil
}

// notices are the release's notice as rows: what it is about stands as the indicator.
func notices(r *Release) []Row {
	say := func(what, fr, en string) Row {
		return Row{Release: r.Quarter.String(), Record: "notice", Indicator: what, NameFR: fr, NameEN: en, Licence: r.Licence.Name}
	}
	return []Row{
		say("licence", r.Licence.Name+" "+r.Licence.URL, r.Licence.Name+" "+r.Licence.URL),
		say("source", r.Source.FR, r.Source.EN),
		say("publisher", r.Publisher, r.Publisher),
		say("released", day(r.Made), day(r.Made)),
		say("masking", r.Masking.FR, r.Masking.EN),
		say("dictionary", r.Dictionary, r.Dictionary),
	}
}

func record(row Row) []string {
	v := reflect.ValueOf(row)
	out := make([]string, v.NumField())
	for i := range out {
		switch f := v.Field(i).Interface().(type) {
		case string:
			out[i] = harmless(f)
		case bool:
			out[i] = strconv.FormatBool(f)
		case int64:
			if f != 0 {
				out[i] = strconv.FormatInt(f, 10)
			}
		case *float64:
			if f != nil {
				out[i] = strconv.FormatFloat(*f, 'f', -1, 64)
			}
		}
	}
	return out
}

// harmless keeps a text from being a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
