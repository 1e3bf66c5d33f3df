package boards

import (
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/prometheus/prometheus/promql/parser"
)

// TestPromQL reads each expression with Prometheus' own parser. That its metrics and labels are there is held in cmd/vitrine, by what
// the program registers.
func TestPromQL(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	// What Grafana puts in before it asks.
	grafana := strings.NewReplacer("$__rate_interval", "1m", "$__range", "6h", "$instance", ".*")
	expressions := 0
	for _, b := range build(t) {
		for _, panel := range panelsOf(b.Dashboard) {
			for _, target := range panel.Targets {
				q, ok := target.(prometheus.Dataquery)
				if !ok {
					continue
				}
				expressions++
				parsed, err := p.ParseExpr(grafana.Replace(q.Expr))
				if err != nil {
					t.Errorf("%s, %s: %v", b.File(), *panel.Title, err)
					continue
				}
				if kind := parsed.Type(); kind != parser.ValueTypeVector {
					t.Errorf("%s, %s: %s gives a %s; a panel shows a vector", b.File(), *panel.Title, q.Expr, kind)
				}
				if strings.Contains(parsed.String(), "$") {
					t.Errorf("%s, %s: %s has a variable that isn't known here", b.File(), *panel.Title, q.Expr)
				}
				parser.Inspect(parsed, func(n parser.Node, path []parser.Node) error {
					if s, ok := n.(*parser.VectorSelector); ok && !hasInstance(s) {
						t.Errorf("%s, %s: %s isn't picked by the process that the reader chose", b.File(), *panel.Title, s.Name)
					}
					return nil
				})
			}
		}
	}
	if expressions == 0 {
		t.Error("no panel asks Prometheus")
	}
	if _, err := p.ParseExpr("sum by (step (rate(x[5m]))"); err == nil {
		t.Error("what isn't PromQL passes")
	}
}

func hasInstance(s *parser.VectorSelector) bool {
	for _, m := range s.LabelMatchers {
		if m.Name == "instance" {
			return true
		}
	}
	return false
}
