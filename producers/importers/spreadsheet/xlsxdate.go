package spreadsheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateForm says whether a number format shows a number as a date or a time.
type dateForm byte

const (
	noDate dateForm = iota
	aDate
)

// formatLiterals are what a number format shows as it stands: "text", \x, _x, *x, and [colours and conditions], but
// for [h], [m] and [s], which count on beyond a day.
var (
	formatLiterals = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)
	elapsed        = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
)

// form says whether a style shows dates. The numbers of the built-in formats are ECMA-376's (part 1, 18.8.30).
func (w *workbook) form(style int) dateForm {
	if form, known := w.formats[style]; known {
		return form
	}
	form := noDate
	if s, err := w.GetStyle(style); err == nil {
		code := ""
		if s.CustomNumFmt != nil {
			code = *s.CustomNumFmt
		}
		switch n := s.NumFmt; {
		case n >= 14 && n <= 22, n >= 27 && n <= 36, n >= 45 && n <= 47, n >= 50 && n <= 58:
			form = aDate
		case code != "" && !strings.EqualFold(code, "General"):
			first, _, _ := strings.Cut(code, ";")
			if elapsed.MatchString(first) || strings.ContainsAny(strings.ToLower(formatLiterals.ReplaceAllString(first, "")), "ymdhs") {
				form = aDate
			}
		}
	}
	w.formats[style] = form
	return form
}

// number is the cell of a number with a style.
func (w *workbook) number(text string, style int) cell {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return cell{text: text}
	}
	if w.form(style) == aDate {
		if c, ok := dated(v, w.from1904); ok {
			return c
		}
	}
	// Excel computes in binary and shows 15 digits: 0.1+0.2 is 0.3 to whoever sees it. An event's numbers have six decimals.
	rounded := strconv.FormatFloat(v, 'g', 15, 64)
	if v, err = strconv.ParseFloat(rounded, 64); err != nil {
		return cell{text: text}
	}
	plain := strconv.FormatFloat(v, 'f', 6, 64)
	plain = strings.TrimSuffix(strings.TrimRight(plain, "0"), ".")
	if plain == "-0" {
		plain = "0"
	}
	return cell{text: plain, kind: cellNumber}
}

// The days that Excel's numbers count from. With 1900 it counts a 29 February that there wasn't, so that the count
// begins a day earlier for all dates since.
var (
	epoch1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	epoch1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// maxSerial is 31 December 2148.
const maxSerial = 90_950

// dated is a number as the date, the time of day or both that it stands for, to the second.
func dated(v float64, from1904 bool) (cell, bool) {
	if v < 0 || v > maxSerial {
		return cell{}, false
	}
	seconds := int64(math.Round(v * 86400))
	epoch := epoch1900
	if from1904 {
		epoch = epoch1904
	}
	at := epoch.AddDate(0, 0, int(seconds/86400)).Add(time.Duration(seconds%86400) * time.Second)
	switch {
	case v < 1:
		if seconds == 86400 {
			return cell{text: "24:00:00", kind: cellClock}, true
		}
		return cell{text: at.Format(time.TimeOnly), kind: cellClock}, true
	case seconds%86400 == 0:
		return cell{text: at.Format(time.DateOnly), kind: cellDay}, true
	}
	return cell{text: at.Format("2006-01-02T15:04:05"), kind: cellMoment}, true
}
