package spreadsheet

import (
	"slices"
	"strings"

	"vitrine/schemas"
)

// role is what a column holds.
type role byte

const (
	roleReference role = iota
	roleKind
	roleDate
	roleStart
	roleEndDate
	roleEnd
	// roleDuration is understood instead of an end; templates don't have it.
	roleDuration
	// roleField holds a field of the data, roleItem a field of a list's items.
	roleField
	roleItem
	// roleAmount holds the number of a list's item that has a given code.
	roleAmount
)

// column is one that a sheet of a kind may have.
type column struct {
	// key names it in templates and mappings: "date", "audience", "companies.siren", "revenues=sales".
	key      string
	role     role
	title    schemas.Text
	required bool
	// about says more about what it means for this kind; may be empty.
	about schemas.Text
	// field is the field, or the item's; list the name of the list; code that of an amount.
	field      schemas.Field
	list, code string
}

// The keys of the columns that every kind has.
const (
	keyReference = "reference"
	keyKind      = "kind"
	keyDate      = "date"
	keyStart     = "start"
	keyEndDate   = "end_date"
	keyEnd       = "end"
	keyDuration  = "duration"
)

func referenceColumn() column {
	return column{key: keyReference, role: roleReference, title: schemas.Text{FR: "Référence", EN: "Reference"}}
}

func kindColumn() column {
	return column{key: keyKind, role: roleKind, title: schemas.Text{FR: "Activité", EN: "Activity"}, required: true}
}

// columnsOf are the columns that a sheet of a kind may have, in a template's order.
func columnsOf(k schemas.Kind) []column {
	all := []column{referenceColumn(), {key: keyDate, role: roleDate, title: schemas.Text{FR: "Date", EN: "Date"}, required: true, about: dateOf(k.Name)}}
	lasts, mustEnd := false, false
	for _, f := range k.Fields() {
		if f.Name == keyEnd {
			lasts, mustEnd = true, f.Required
		}
	}
	if lasts {
		all = append(all,
			column{key: keyStart, role: roleStart, title: schemas.Text{FR: "Heure début", EN: "Start time"}, required: mustEnd},
			column{key: keyEnd, role: roleEnd, title: schemas.Text{FR: "Heure fin", EN: "End time"}, required: mustEnd},
			column{key: keyEndDate, role: roleEndDate, title: schemas.Text{FR: "Date de fin", EN: "End date"}},
			column{key: keyDuration, role: roleDuration, title: schemas.Text{FR: "Durée", EN: "Duration"}})
	} else {
		all = append(all, column{key: keyStart, role: roleStart, title: schemas.Text{FR: "Heure", EN: "Time"}})
	}
	for _, f := range k.Fields() {
		switch {
		case f.Name == keyEnd:
		case f.Type == schemas.FieldList:
			all = append(all, listColumns(f)...)
		default:
			all = append(all, column{key: f.Name, role: roleField, title: f.Title, required: f.Required, field: f})
		}
	}
	return all
}

// dateOf says which day is meant, for kinds of which it isn't plain.
func dateOf(kind string) schemas.Text {
	switch kind {
	case "finance.period.reported":
		return schemas.Text{FR: "le dernier jour de la période", EN: "the period's last day"}
	case "partnership.signed":
		return schemas.Text{FR: "le jour où il prend effet", EN: "the day that it takes effect"}
	case "session.announced":
		return schemas.Text{FR: "le jour de l'annonce", EN: "the day that it was announced on"}
	case "training.cancelled":
		return schemas.Text{FR: "le jour prévu", EN: "the day that it was planned for"}
	case "membership.count.reported":
		return schemas.Text{FR: "le jour du compte", EN: "the day of the count"}
	case "premises.changed":
		return schemas.Text{FR: "le jour à partir duquel la surface est ouverte", EN: "the day from which the area is open"}
	}
	return schemas.Text{}
}

// listColumns are those of a list: one for each field of its items; or, where an item is a code and a
// number, one for each code, as people lay out such a table.
func listColumns(list schemas.Field) []column {
	var all []column
	if code, amount, ok := amounts(list); ok {
		for _, term := range code.Terms {
			all = append(all, column{key: list.Name + "=" + term.Code, role: roleAmount, title: under(list.Title, term.Label), field: amount, list: list.Name, code: term.Code})
		}
		return all
	}
	items := slices.Clone(list.Items)
	slices.SortStableFunc(items, func(a, b schemas.Field) int { // what is required first
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	for _, f := range items {
		all = append(all, column{key: list.Name + "." + f.Name, role: roleItem, title: under(list.Title, f.Title), field: f, list: list.Name,
			required: list.MinItems > 0 && f.Required})
	}
	return all
}

// amounts says whether a list's items are a code and a number.
func amounts(list schemas.Field) (code, amount schemas.Field, ok bool) {
	if len(list.Items) != 2 || list.Items[0].Type != schemas.FieldCode || list.Items[1].Type != schemas.FieldInt && list.Items[1].Type != schemas.FieldDecimal {
		return code, amount, false
	}
	return list.Items[0], list.Items[1], true
}

func under(list, item schemas.Text) schemas.Text {
	return schemas.Text{FR: list.FR + " : " + item.FR, EN: list.EN + ": " + item.EN}
}

// expected is what a column takes, in words.
func (c column) expected() schemas.Text {
	switch c.role {
	case roleReference:
		return schemas.Text{FR: "un numéro ou un code à vous, différent pour chaque ligne et jamais repris", EN: "a number or code of your own, another for each row and never used again"}
	case roleKind:
		return schemas.Text{FR: "ce qui a eu lieu, par exemple « Session de formation tenue »", EN: "what took place, such as “Training session held”"}
	case roleDate, roleEndDate:
		return schemas.Text{FR: "une date jj/mm/aaaa, par exemple 12/03/2026", EN: "a date dd/mm/yyyy, such as 12/03/2026"}
	case roleStart, roleEnd:
		return schemas.Text{FR: "une heure, par exemple 18h00 ou 18:00", EN: "a time, such as 18:00"}
	case roleDuration:
		return schemas.Text{FR: "une durée, par exemple 2h30 ou 90 min", EN: "a duration, such as 2h30 or 90 min"}
	}
	switch {
	case c.field.Type == schemas.FieldBool:
		return schemas.Text{FR: "oui ou non", EN: "yes or no"}
	case c.field.Type == schemas.FieldTime:
		return schemas.Text{FR: "une date et une heure, par exemple 12/03/2026 18h00", EN: "a date and a time, such as 12/03/2026 18:00"}
	case c.field.Format == "date":
		return schemas.Text{FR: "une date jj/mm/aaaa, par exemple 12/03/2026", EN: "a date dd/mm/yyyy, such as 12/03/2026"}
	case c.field.Type == schemas.FieldCode:
		fr, en := make([]string, len(c.field.Terms)), make([]string, len(c.field.Terms))
		for i, t := range c.field.Terms {
			fr[i], en[i] = t.Label.FR, t.Label.EN
		}
		return schemas.Text{FR: "une des valeurs " + strings.Join(fr, ", "), EN: "one of " + strings.Join(en, ", ")}
	}
	return c.field.Expected
}
