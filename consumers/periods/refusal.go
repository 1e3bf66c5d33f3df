package periods

import (
	"fmt"
	"strings"
	"time"

	"vitrine/consumers/clickhouse"
	"vitrine/schemas"
)

// Code is the sort of a [Refusal].
type Code string

// Why something may not be done.
const (
	UnknownPeriod    Code = "unknown_period"    // no agreement asks for it, and nothing was ever told of it
	NotOver          Code = "not_over"          // its last day isn't past
	AlreadySubmitted Code = "already_submitted" // it waits for the programme
	AlreadyApproved  Code = "already_approved"  // it would have to be reopened first
	NothingSubmitted Code = "nothing_submitted" // the lab has to submit it (again) first
	NotApproved      Code = "not_approved"      // there is nothing to reopen
	ReasonMissing    Code = "reason_missing"    // who is sent back something must be told why
	FiguresChanged   Code = "figures_changed"   // they are others than those that were looked at
	StillMoving      Code = "still_moving"      // the lab's events keep coming, or somebody else acts on its periods
	BeingRemade      Code = "being_remade"      // the figures are being made again: nobody may look at half of them
)

// Refusal says why something wasn't done to a period. Nothing was changed.
type Refusal struct {
	Code        Code
	Lab, Period string
	Text        schemas.Text
	err         error // may be nil
}

// Unwrap is what it follows from, if anything.
func (r *Refusal) Unwrap() error { return r.err }

// Error is the refusal in English.
func (r *Refusal) Error() string { return r.In(schemas.English) }

// In is the refusal in a language.
func (r *Refusal) In(l schemas.Lang) string { return r.Text.In(l) }

// Name is a period as a language writes it: 2026-Q1, 2026-T1 in French.
func Name(period string, l schemas.Lang) string {
	if l == schemas.French {
		return strings.Replace(period, "-Q", "-T", 1)
	}
	return period
}

// Parse reads a period as people write it: 2026-Q1, 2026-T1, 2026q1 or 2026-03. What is none comes back as it is, and is unknown.
func Parse(text string) string {
	up := strings.ToUpper(strings.TrimSpace(text))
	if len(up) == len("2026Q1") && (up[4] == 'Q' || up[4] == 'T') {
		up = up[:4] + "-" + up[4:]
	}
	return strings.Replace(up, "-T", "-Q", 1)
}

func refuse(code Code, p clickhouse.PeriodState, fr, en string, args ...any) *Refusal {
	in := func(l schemas.Lang, format string) string {
		return fmt.Sprintf("%s, %s : ", p.Lab, Name(p.Period, l)) + fmt.Sprintf(format, args...)
	}
	text := schemas.Text{FR: in(schemas.French, fr), EN: strings.Replace(in(schemas.English, en), " : ", ": ", 1)}
	return &Refusal{Code: code, Lab: p.Lab, Period: p.Period, Text: text}
}

func beingRemade(err error) *Refusal {
	return &Refusal{Code: BeingRemade, err: err, Text: schemas.Text{
		FR: "les chiffres sont en cours de recalcul, et rien n'a été changé ; réessayez dans quelques minutes (vitrine rebuild reprend un recalcul interrompu)",
		EN: "the figures are being recalculated, and nothing was changed; try again in a few minutes (vitrine rebuild takes up one that was interrupted)"}}
}

func unknownLab(lab string) schemas.Text {
	return schemas.Text{FR: fmt.Sprintf("%q n'est pas l'identifiant d'un fab lab : minuscules, chiffres et tirets sont attendus", lab),
		EN: fmt.Sprintf("%q is no lab's slug: expected lower-case letters, digits and dashes", lab)}
}

// unknownPeriod says which periods there are.
func unknownPeriod(lab, period string, known []clickhouse.PeriodState) schemas.Text {
	if len(known) == 0 {
		return schemas.Text{FR: fmt.Sprintf("%s : aucune convention ne demande de déclaration à ce fab lab", lab),
			EN: fmt.Sprintf("%s: no agreement asks this lab for reports", lab)}
	}
	list := func(l schemas.Lang, due string) string {
		var names []string
		for _, p := range known {
			name := Name(p.Period, l)
			if p.Due != nil {
				name += fmt.Sprintf(due, p.Due.Format(time.DateOnly))
			}
			names = append(names, name)
		}
		return strings.Join(names, ", ")
	}
	return schemas.Text{
		FR: fmt.Sprintf("%s : pas de période %q ; celles qui sont demandées : %s", lab, period, list(schemas.French, " (pour le %s)")),
		EN: fmt.Sprintf("%s: there is no period %q; those asked for are %s", lab, period, list(schemas.English, " (due %s)")),
	}
}
