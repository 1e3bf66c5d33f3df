package reports

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// fonts are those that a PDF is written in.
type fonts struct{ plain, bold *face }

// face is a font with the widths of all that it can write; it is never changed.
type face struct {
	name   string
	file   []byte
	widths map[rune]float64 // for a size of 1
}

var pdfFonts = sync.OnceValues(func() (fonts, error) {
	plain, err := readFace("go", goregular.TTF)
	if err != nil {
		return fonts{}, err
	}
	bold, err := readFace("gobold", gobold.TTF)
	return fonts{plain, bold}, err
})

// lastRune is the last character that a font's table of characters is asked for; later ones can't be written.
const lastRune = 0xffff

func readFace(name string, file []byte) (*face, error) {
	f, err := sfnt.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("read the font %s: %w", name, err)
	}
	em := f.UnitsPerEm()
	out := &face{name: name, file: file, widths: map[rune]float64{}}
	var buffer sfnt.Buffer
	for r := ' '; r <= lastRune; r++ {
		glyph, err := f.GlyphIndex(&buffer, r)
		if err != nil || glyph == 0 {
			continue
		}
		advance, err := f.GlyphAdvance(&buffer, glyph, fixed.I(int(em)), font.HintingNone)
		if err != nil {
			return nil, fmt.Errorf("read the font %s: width of %U: %w", name, r, err)
		}
		out.widths[r] = float64(advance) / 64 / float64(em)
	}
	return out, nil
}

// width is how wide a text is that [face.clean] made, in points.
func (f *face) width(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		sum += f.widths[r]
	}
	return sum * size
}

// missing stands for a character that no font has: a lab may have written anything.
const missing = '□'

// clean writes a text with the characters that the font has: spaces as one of the two that it knows, a letter without
// its accent where it hasn't the accented one, a box where it has neither. What isn't seen is left out.
func (f *face) clean(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch _, has := f.widths[r]; {
		case r == '\u202f' || r == '\u2007' || r == '\u00a0':
			b.WriteRune('\u00a0')
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me):
		case r == '\u2010' || r == '\u2011':
			b.WriteByte('-')
		case has:
			b.WriteRune(r)
		default:
			b.WriteString(f.without(r))
		}
	}
	return b.String()
}

// without is a character's base, as far as the font has it.
func (f *face) without(r rune) string {
	var b strings.Builder
	for _, base := range norm.NFKD.String(string(r)) {
		if _, has := f.widths[base]; has && !unicode.Is(unicode.Mn, base) {
			b.WriteRune(base)
		}
	}
	if b.Len() == 0 {
		return string(missing)
	}
	return b.String()
}

// wrap cleans a text and breaks it into lines of at most so many points; a word that is longer is cut.
func (f *face) wrap(s string, size, width float64) []string {
	var lines []string
	line, rest, state := "", f.clean(s), -1
	end := func() {
		lines, line = append(lines, strings.TrimRight(line, " ")), ""
	}
	for rest != "" {
		var word string
		word, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		if line != "" && f.width(strings.TrimRight(line+word, " "), size) > width {
			end()
		}
		for f.width(strings.TrimRight(word, " "), size) > width {
			n := f.fitting(word, size, width)
			line = word[:n]
			word = word[n:]
			end()
		}
		line += word
	}
	if line != "" || len(lines) == 0 {
		end()
	}
	return lines
}

// fitting is how many bytes of a word fit, at least its first character.
func (f *face) fitting(word string, size, width float64) int {
	sum := 0.0
	for n, r := range word {
		if sum += f.widths[r] * size; sum > width && n > 0 {
			return n
		}
	}
	return len(word)
}

// short is a text cut to a width, with an ellipsis where it was cut.
func (f *face) short(s string, size, width float64) string {
	s = f.clean(s)
	if f.width(s, size) <= width {
		return s
	}
	return strings.TrimRight(s[:f.fitting(s, size, width-f.width("…", size))], " \u00a0") + "…"
}

// longest is the width of the longest part of a text that doesn't break.
func (f *face) longest(s string, size float64) float64 {
	widest, rest, state := 0.0, f.clean(s), -1
	for rest != "" {
		var word string
		word, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		widest = max(widest, f.width(strings.TrimRight(word, " "), size))
	}
	return widest
}
