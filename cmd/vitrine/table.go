package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// newTable is a table as all commands print them, no wider than the terminal.
func (env *environment) newTable(header ...any) table.Writer {
	t := &fittedTable{Writer: table.NewWriter(), width: env.width()}
	t.SetOutputMirror(env.Stdout)
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row(header))
	return t
}

// fittedTable folds its cells where the terminal is narrower than the table: rows that the terminal folds can't be read as a table any more.
type fittedTable struct {
	table.Writer
	width   int // of the terminal; 0: as wide as the table wants
	rows    []table.Row
	configs []table.ColumnConfig
}

func (t *fittedTable) AppendHeader(row table.Row, config ...table.RowConfig) {
	t.rows = append(t.rows, row)
	t.Writer.AppendHeader(row, config...)
}

func (t *fittedTable) AppendRow(row table.Row, config ...table.RowConfig) {
	t.rows = append(t.rows, row)
	t.Writer.AppendRow(row, config...)
}

func (t *fittedTable) SetColumnConfigs(configs []table.ColumnConfig) {
	t.configs = configs
	t.Writer.SetColumnConfigs(configs)
}

func (t *fittedTable) Render() string {
	t.fit()
	return t.Writer.Render()
}

// fit takes room from the widest columns first, down to their longest words; where that isn't enough, names with hyphens are folded at these.
func (t *fittedTable) fit() {
	widths := t.columns(func(cell string) int { return text.LongestLineLen(cell) })
	if t.width == 0 || total(widths) <= t.width {
		return
	}
	folded := slices.Clone(widths)
	for _, cut := range []func(string) []string{words, hyphened} {
		least := t.columns(func(cell string) int { return longest(cut, cell) })
		for total(folded) > t.width {
			widest := -1
			for c := range folded {
				if folded[c] > least[c] && (widest < 0 || folded[c] > folded[widest]) {
					widest = c
				}
			}
			if widest < 0 {
				break
			}
			folded[widest]--
		}
	}
	configs := slices.Clone(t.configs)
	for c := range folded {
		if folded[c] == widths[c] {
			continue
		}
		at := slices.IndexFunc(configs, func(config table.ColumnConfig) bool { return config.Number == c+1 })
		if at < 0 {
			configs, at = append(configs, table.ColumnConfig{Number: c + 1}), len(configs)
		}
		configs[at].WidthMax, configs[at].WidthMaxEnforcer = folded[c], folding
	}
	t.Writer.SetColumnConfigs(configs)
}

// columns measures each column by its widest cell, but no wider than it was configured to be.
func (t *fittedTable) columns(measure func(cell string) int) []int {
	out := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for c := range min(len(row), len(out)) {
			out[c] = max(out[c], measure(fmt.Sprint(row[c])))
		}
	}
	for _, config := range t.configs {
		if n := config.Number - 1; config.WidthMax > 0 && n < len(out) {
			out[n] = min(out[n], config.WidthMax)
		}
	}
	return out
}

// total is a table's width: each column has a border and two spaces.
func total(columns []int) int {
	width := 1
	for _, c := range columns {
		width += c + 3
	}
	return width
}

// longest is the width of a cell's longest piece.
func longest(cut func(string) []string, cell string) (width int) {
	for line := range strings.SplitSeq(cell, "\n") {
		for _, piece := range cut(line) {
			width = max(width, text.StringWidthWithoutEscSequences(piece))
		}
	}
	return width
}

// folding breaks the lines of a cell between words, and where a word is too wide after its hyphens.
func folding(cell string, width int) string {
	var out []string
	for line := range strings.SplitSeq(cell, "\n") {
		switch {
		case text.StringWidthWithoutEscSequences(line) <= width:
			out = append(out, line)
		case strings.ContainsRune(line, text.EscapeStartRune): // a colour goes on in the next line
			for folded := range strings.SplitSeq(text.WrapSoft(line, width), "\n") {
				out = append(out, strings.TrimRight(folded, " "))
			}
		default:
			out = append(out, foldLine(width, line)...)
		}
	}
	return strings.Join(out, "\n")
}

func foldLine(width int, line string) (out []string) {
	now, space := "", ""
	for _, word := range words(line) {
		pieces := []string{word}
		if text.StringWidthWithoutEscSequences(word) > width {
			pieces = nil
			for _, piece := range hyphened(word) {
				pieces = append(pieces, strings.Split(text.WrapHard(piece, width), "\n")...)
			}
		}
		for _, piece := range pieces {
			if now != "" && text.StringWidthWithoutEscSequences(now+space+piece) > width {
				out, now = append(out, now), ""
			}
			if now != "" {
				now += space
			}
			now, space = now+piece, ""
		}
		space = " "
	}
	return append(out, now)
}

// words are a line's. A sign goes with the word after it, and what French sets apart (a colon, a closing quote) with the one before it.
func words(line string) []string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var out []string
	sign := indent
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ' ' }) {
		switch {
		case len(out) > 0 && strings.Trim(word, ":;!?»/÷×=") == "":
			out[len(out)-1] += " " + word
		case strings.Trim(uncoloured(word), "✔●▲▼✘○…‼!·→↩«–") == "":
			sign += word + " "
		default:
			out, sign = append(out, sign+word), ""
		}
	}
	if sign = strings.TrimRight(sign, " "); sign != "" {
		out = append(out, sign)
	}
	return out
}

// uncoloured is a word without the colour that begins with it.
func uncoloured(word string) string {
	if strings.HasPrefix(word, string(text.EscapeStartRune)) {
		_, word, _ = strings.Cut(word, "m")
	}
	return word
}

// hyphened are a line's words, those with hyphens between letters in several pieces: names, not days and numbers.
func hyphened(line string) (out []string) {
	for _, word := range words(line) {
		from := 0
		for i := range len(word) {
			if word[i] == '-' && i > from && i+1 < len(word) && !digit(word[i-1]) && !digit(word[i+1]) {
				out, from = append(out, word[from:i+1]), i+1
			}
		}
		out = append(out, word[from:])
	}
	return out
}

func digit(b byte) bool { return '0' <= b && b <= '9' }
