package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/expr"

	"vitrine/dashboards/grafana/kit"
	"vitrine/internal/pages"
)

//go:embed queries/*.sql texts.yaml
var files embed.FS

// rule is one alert rule. Each row of its query whose value is above a bound is an alert, with the row's texts as its labels.
type rule struct {
	// name is the .sql file's, and begins the keys of the texts: NAME.title, NAME.summary.
	name string
	// value is the query's one column of numbers.
	value string
	// above is the bound.
	above float64
	// severity is critical or warning; empty: the query says it.
	severity string
	// lasts is for how long it must be so, as Grafana writes it.
	lasts string
	// runbook is the heading of docs/alerts.md that says what to do, as it is linked to.
	runbook string
}

// silentDays is after how many days without an event a lab is silent: the default of vitrine's --alert-silent-days.
const silentDays = 31

func all() []rule {
	return []rule{
		{name: "commitments", value: "gap", lasts: "1h", runbook: "a-commitment-is-late-missed-or-exceeded"},
		{name: "silent", value: "days", above: silentDays, severity: "warning", lasts: "1h", runbook: "a-lab-is-silent"},
		{name: "periods", value: "days", severity: "critical", lasts: "1h", runbook: "a-period-is-overdue"},
	}
}

// Build makes the rules. Their texts hold both languages, since a rule is evaluated once for all who read it:
// annotations end in _fr and _en.
func Build() ([]alerting.Rule, error) {
	table, err := files.ReadFile("texts.yaml")
	if err != nil {
		return nil, err
	}
	texts, err := pages.LoadTexts("grafana rules", table)
	if err != nil {
		return nil, err
	}
	var built []alerting.Rule
	for _, r := range all() {
		one, err := r.build(texts)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.name, err)
		}
		built = append(built, one)
	}
	return built, nil
}

func (r rule) build(texts map[pages.Lang]pages.Texts) (alerting.Rule, error) {
	sql, err := fs.ReadFile(files, "queries/"+r.name+".sql")
	if err != nil {
		return alerting.Rule{}, err
	}
	query := kit.Query{RefID: "A", Datasource: kit.ClickHouse(), PluginVersion: kit.PluginVersion, EditorType: "sql", QueryType: "table", Format: 1,
		RawSQL: strings.TrimSpace(string(sql))}
	var titles []string
	annotations := map[string]string{"runbook": "docs/alerts.md#" + r.runbook}
	for _, l := range pages.Langs() {
		for key, into := range map[string]string{"summary": "summary_", "advice": "advice_"} {
			text, err := texts[l].Get(r.name + "." + key)
			if err != nil {
				return alerting.Rule{}, err
			}
			annotations[into+string(l)] = text
		}
		title, err := texts[l].Get(r.name + ".title")
		if err != nil {
			return alerting.Rule{}, err
		}
		titles = append(titles, title)
		annotations["dashboard_"+string(l)] = "/d/" + kit.UID("lab", l) + "?var-lab={{ .Labels.lab }}"
	}
	// What mails and lists show of any alert.
	annotations["summary"] = annotations["summary_fr"] + " / " + annotations["summary_en"]
	labels := map[string]string{"programme": "vitrine", "rule": r.name}
	if r.severity != "" {
		labels["severity"] = r.severity
	}
	above := expr.NewExprTypeThresholdConditionsBuilder().Evaluator(
		expr.NewExprTypeThresholdConditionsEvaluatorBuilder().Type(expr.ExprTypeThresholdConditionsEvaluatorTypeGt).Params([]float64{r.above}))
	condition := expr.NewExprBuilder().TypeThreshold(expr.NewTypeThresholdBuilder().RefId("B").Datasource(expressions()).Expression("A").
		Conditions([]cog.Builder[expr.ExprTypeThresholdConditions]{above}))
	return alerting.NewRuleBuilder(strings.Join(titles, " / ")).Uid("vitrine-" + r.name).OrgID(1).FolderUID("vitrine-fr").RuleGroup(group).
		WithQuery(alerting.NewQueryBuilder("A").DatasourceUid(kit.ClickHouseUID).RelativeTimeRange(600, 0).Model(query)).
		WithQuery(alerting.NewQueryBuilder("B").DatasourceUid(expressionsUID).RelativeTimeRange(600, 0).Model(condition)).
		Condition("B").For(r.lasts).
		// Nothing late is no row. A database that doesn't answer is the operators' affair: what is raised stays as it is.
		NoDataState(alerting.RuleNoDataStateOK).ExecErrState(alerting.RuleExecErrStateKeepLast).
		Annotations(annotations).Labels(labels).Build()
}
