package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"vitrine/dashboards/grafana/kit"
)

// promotion answers: what do the labs do to be known: discovery, trainings, partnerships, visibility?
func promotion() kit.Description {
	return kit.Description{Name: "promotion", From: "now-1y/M", Describe: func(b *kit.Board) {
		b.Variable("lab", "shared/labs", true)
		figuresState(b)

		tile := kit.Size{Width: 4, Height: 4}
		total := func(key, column, indicator string) {
			b.Add(b.Stat(key, tile, b.Shared("promotion.discoveries"), column, "lastNotNull").
				Description(b.Formula(indicator) + ". " + b.Text("promotion.range")).Unit(kit.Unit(b.Indicator(indicator).Unit)))
		}
		b.Add(b.Stat("promotion.discoveries", tile, b.Table("promotion/totals"), "discoveries", "lastNotNull").
			Description(b.Formula("D01") + ". " + b.Text("promotion.range")))
		total("promotion.visitors", "visitors", "D02")
		b.Add(b.Stat("promotion.companies", tile, b.Table("promotion/companies"), "companies", "lastNotNull").
			Description(b.Formula("D03") + ". " + b.Text("promotion.once")))
		total("promotion.sessions", "sessions", "T01")
		total("promotion.trainees", "trainees", "T03")
		total("promotion.fill", "fill_rate", "T04")
		total("promotion.partnerships", "partnerships", "K01")
		total("promotion.joint", "joint_actions", "K03")
		total("promotion.mentions", "mentions", "V01")
		total("promotion.national", "national_mentions", "V02")
		total("promotion.visits", "visits", "V03")
		total("promotion.projects", "projects", "V04")

		half := kit.Size{Width: 12, Height: 9}
		b.Row("promotion.meet")
		b.Add(b.Bars("promotion.discoveries.monthly", half, b.Series("promotion/discoveries")).Description(b.Formula("D01")))
		b.Add(b.Bars("promotion.trainings.monthly", half, b.Series("promotion/trainings")).Description(b.Formula("T03")))
		b.Add(b.TablePanel("promotion.topics", kit.Size{Width: 24, Height: 9}, b.Table("promotion/topics"),
			"topic", "sessions", "trainee_hours", "trainees", "fill_rate").
			OverrideByName("sessions", kit.Bar()).
			OverrideByName("trainee_hours", []kit.Property{kit.InUnit(units.Hours), kit.Decimals(0)}).
			OverrideByName("fill_rate", []kit.Property{kit.InUnit(units.Percent), kit.Decimals(0)}))

		b.Row("promotion.known")
		b.Add(b.Bars("promotion.partnerships.monthly", half, b.Series("promotion/partnerships")).Description(b.Formula("K01")))
		b.Add(b.Bars("promotion.visibility.monthly", half, b.Series("promotion/visibility")))
		b.Add(b.TablePanel("promotion.items", kit.Size{Width: 24, Height: 9}, b.Table("promotion/items"),
			"day", "name", "title", "outlet", "medium", "scope", "url").
			OverrideByName("day", []kit.Property{kit.InUnit(kit.Day), kit.Width(110)}).
			OverrideByName("url", []kit.Property{kit.Link(b.Text("link.item"), "${__value.raw}")}))

		b.Row("promotion.who")
		b.Add(b.TablePanel("promotion.labs", kit.Size{Width: 24, Height: 13}, b.Table("promotion/labs"),
			"name", "actions", "discoveries", "visitors", "sessions", "trainees", "partnerships", "joint_actions", "mentions", "visits", "projects").
			OverrideByName("name", []kit.Property{kit.Width(260), kit.Link(b.Text("link.lab"), b.Dashboard("lab", "var-lab=${__data.fields.lab}"))}).
			OverrideByName("actions", kit.Bar()))
	}}
}
