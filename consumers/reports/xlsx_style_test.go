package reports

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

// A workbook's numbers say what the other formats say around them.
func TestFormatsSayTheUnit(t *testing.T) {
	w, err := wordsOf(schemas.French)
	if err != nil {
		t.Fatal(err)
	}
	target := func(p promise) Cell { p.target = decimal.NewFromInt(12); return w.target(p) }
	for _, c := range []struct {
		cell Cell
		want string
	}{
		{w.num(decimal.NewFromInt(132), "day"), `#,##0" jours"`},
		{w.num(decimal.NewFromInt(1), "day"), `#,##0" jour"`},
		{w.num(decimal.NewFromInt(3), "kg"), `#,##0" kg"`},
		{w.num(decimal.NewFromInt(3), "event"), `#,##0`},
		{w.num(decimal.NewFromInt(3), ""), `#,##0`},
		{target(promise{unit: "event", mode: "periodic", every: "quarter"}), `#,##0" par trimestre"`},
		{target(promise{unit: "%", direction: "cap"}), `"≤ "#,##0.0" "%`},
		{w.diff(decimal.NewFromInt(3), "hour"), `+#,##0.0" h";-#,##0.0" h"`},
	} {
		if got := strings.NewReplacer(pages.NBSP, " ", pages.NNBSP, " ").Replace(formatOf(c.cell, w)); got != c.want {
			t.Errorf("%q has the format %s, want %s", c.cell.Text, got, c.want)
		}
	}
}
