package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"vitrine/consumers/explain"
	"vitrine/schemas"
)

// rules say how each rule makes a value.
var rules = map[explain.Rule]schemas.Text{
	explain.Sum:        {FR: "Somme de ce qu'apporte chaque événement.", EN: "The sum of what each event adds."},
	explain.Distinct:   {FR: "Chaque référence compte une fois, quel que soit le nombre d'événements qui la citent.", EN: "Each reference counts once, however many events name it."},
	explain.First:      {FR: "Chaque référence compte dans la période où elle apparaît pour la première fois.", EN: "Each reference counts in the period in which it first appears."},
	explain.Max:        {FR: "La plus haute valeur de la période.", EN: "The highest value of the period."},
	explain.Ratio:      {FR: "Numérateur ÷ dénominateur, sur la période.", EN: "Numerator ÷ denominator, over the period."},
	explain.Cumulative: {FR: "Numérateur ÷ dénominateur, depuis le début.", EN: "Numerator ÷ denominator, since the beginning."},
	explain.Rolling:    {FR: "Numérateur ÷ dénominateur, sur les derniers mois.", EN: "Numerator ÷ denominator, over the last months."},
	explain.Repeat:     {FR: "Références vues dans au moins deux trimestres ÷ toutes celles qui ont été vues.", EN: "References seen in two quarters or more ÷ all that were seen."},
	explain.Last:       {FR: "Ce qui a été dit en dernier.", EN: "What was said last."},
	explain.Age:        {FR: "Jours depuis le dernier événement.", EN: "Days since the last event."},
	explain.Stock:      {FR: "Références actives à la fin : ce que dit leur dernier événement.", EN: "References active at the end: what the last event about each says."},
	explain.Kinds:      {FR: "Sortes différentes parmi les références actives à la fin.", EN: "Different kinds among the references active at the end."},
}

// explanation prints an answer.
type explanation struct {
	*environment
	*explain.Answer
	explainOptions
	width    int   // of the terminal, in columns
	decimals int32 // of the amounts in a table, so that they stand below each other
	mixed    bool  // a table's events are of several kinds
}

func (e explanation) print() {
	e.head()
	above := func(v explain.Version) *decimal.Decimal { return v.Numerator }
	below := func(v explain.Version) *decimal.Decimal { return v.Denominator }
	switch {
	case e.Rule == explain.Repeat: // what is seen again is among what is seen
		above = below
		fallthrough
	case e.Denominated():
		e.part(e.say("Numérateur", "Numerator"), e.Numerator, above)
		e.part(e.say("Dénominateur", "Denominator"), e.Denominator, below)
	default:
		e.part("", e.Numerator, above)
	}
	e.former()
	e.line("")
	e.paragraph("%s", e.proof())
}

func (e explanation) head() {
	lab := e.lab
	if e.LabName != "" {
		lab = fmt.Sprintf("%s (%s)", e.LabName, e.lab)
	}
	e.paragraph("%s %s", e.Answer.Indicator.Code, e.Answer.Indicator.Name.In(e.Config.Lang))
	e.paragraph(e.say("%s, %s, %s", "%s, %s, %s"), lab, e.periodName(), e.segmentName())
	e.paragraph("%s", e.Answer.Indicator.Definition.In(e.Config.Lang)+".")
	rule, to := rules[e.Rule].In(e.Config.Lang), e.To.Format(time.DateOnly)
	switch {
	case !e.Begun():
		e.paragraph(e.say("La période n'a pas commencé au %s.", "The period hasn't begun on %s."), e.AsOf.Format(time.DateOnly))
	case e.From.IsZero():
		e.paragraph(e.say("%s Jours comptés : depuis le début jusqu'au %s.", "%s Days counted: from the beginning to %s."), rule, to)
	default:
		e.paragraph(e.say("%s Jours comptés : du %s au %s.", "%s Days counted: from %s to %s."), rule, e.From.Format(time.DateOnly), to)
	}
	e.line("\n%s%s", e.say("Valeur : ", "Value: "), e.bold(e.value(e.Value)))
}

// paragraph wraps at the terminal's width.
func (e explanation) paragraph(format string, args ...any) {
	for _, line := range strings.Split(text.WrapSoft(fmt.Sprintf(format, args...), e.width), "\n") {
		e.line("%s", strings.TrimRight(line, " "))
	}
}

// periodName is the period as the language writes it: 2026-Q1, 2026-T1 in French.
func (e explanation) periodName() string {
	return strings.Replace(e.Period.String(), "-Q", e.say("-T", "-Q"), 1)
}

func (e explanation) segmentName() string {
	if e.Answer.Segment == "" {
		return e.say("ensemble", "the whole")
	}
	if label := schemas.SegmentLabel(e.Answer.Segment).In(e.Config.Lang); !strings.HasSuffix(e.Answer.Segment, "="+label) {
		return fmt.Sprintf("%s (%s)", e.Answer.Segment, label)
	}
	return e.Answer.Segment
}

func (e explanation) bold(s string) string {
	if e.colours() {
		return text.Bold.Sprint(s)
	}
	return s
}

// part prints what is added up, and its sum.
func (e explanation) part(title string, p explain.Part, of func(explain.Version) *decimal.Decimal) {
	if len(p.Entries) == 0 {
		if title != "" {
			e.line(e.say("\n%s : 0, aucun événement", "\n%s: 0, no event"), title)
		}
		return
	}
	if title != "" {
		title += e.say(" : ", ": ") + e.count(p)
	} else {
		title = e.count(p)
	}
	e.line("\n%s", title)
	e.decimals, e.mixed = e.decimalsOf(p), mixed(p)
	t := e.events(e.addsHeader(), e.widest(p))
	printed, left, older := 0, 0, 0
	for _, entry := range p.Entries {
		if entry.Ref != "" {
			if e.limit > 0 && printed >= e.limit {
				left += len(entry.Events)
				continue
			}
			t.AppendRow(table.Row{"", "▸ " + e.reference(entry.Ref), "", e.amount(entry.Amount)})
		}
		for _, event := range entry.Events {
			if printed++; e.limit > 0 && printed > e.limit {
				left++
				continue
			}
			adds := e.amount(event.Amount)
			switch {
			case entry.Ref != "":
				adds = ""
			case e.Rule == explain.Age:
				adds = event.Day.Format(time.DateOnly)
			}
			older += e.appendEvent(t, event, adds, of)
		}
	}
	if e.sums() {
		t.AppendFooter(table.Row{"", e.say("Somme", "Sum"), "", e.amount(p.Total)})
	}
	e.render(t)
	e.leftOut(left, older)
}

// reference is what is counted once; a segment goes by its name.
func (e explanation) reference(ref string) string {
	if e.Rule == explain.Kinds {
		return schemas.SegmentLabel(ref).In(e.Config.Lang)
	}
	return ref
}

// sums says whether entries are added up, rather than one chosen.
func (e explanation) sums() bool {
	return e.Rule != explain.Last && e.Rule != explain.Age && e.Rule != explain.Max
}

// count says how many events and references a part is made of.
func (e explanation) count(p explain.Part) string {
	ids, refs := map[string]bool{}, 0
	for _, entry := range p.Entries {
		if entry.Ref != "" {
			refs++
		}
		for _, event := range entry.Events {
			ids[event.ID.String()] = true
		}
	}
	events := schemas.Counted(len(ids), schemas.Text{FR: "%d événement", EN: "%d event"}, schemas.Text{FR: "%d événements", EN: "%d events"}).In(e.Config.Lang)
	switch {
	case !e.sums():
		return fmt.Sprintf(e.say("%s, parmi %d", "%s, of %d"), events, p.Among)
	case refs > 0:
		return schemas.Counted(refs, schemas.Text{FR: "%d référence", EN: "%d reference"}, schemas.Text{FR: "%d références", EN: "%d references"}).In(e.Config.Lang) + ", " + events
	}
	return events
}

func (e explanation) addsHeader() string {
	unit := strings.TrimSpace(e.unit(e.Answer.Indicator.Unit))
	if unit == "" || e.Denominated() || e.Rule == explain.Age {
		return e.say("Apport", "Adds")
	}
	return e.say("Apport", "Adds") + " " + unit
}

// idWidth is an event's id's.
const idWidth = 36

// widest is how many columns a part's amounts need, those of older versions in brackets.
func (e explanation) widest(p explain.Part) int {
	if e.Rule == explain.Age {
		return len(time.DateOnly)
	}
	n := text.StringWidth(e.amount(p.Total))
	for _, entry := range p.Entries {
		n = max(n, text.StringWidth(e.amount(entry.Amount)))
		for _, event := range entry.Events {
			if len(event.Versions) > 1 {
				n = max(n, text.StringWidth(e.amount(event.Amount))+2)
			}
		}
	}
	return n
}

// events is an empty table of events, whose amounts need some columns.
func (e explanation) events(adds string, widest int) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Format = table.FormatOptions{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", " "
	if e.wide() {
		style.Box.PaddingRight = "  "
	}
	version := e.width - len(time.DateOnly) - idWidth - max(widest, text.StringWidth(adds)) - 3*len(style.Box.PaddingRight)
	t.SetStyle(style)
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: idWidth, WidthMaxEnforcer: text.WrapSoft},
		{Number: 3, WidthMax: max(version, 16), WidthMaxEnforcer: text.WrapSoft},
		{Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight},
	})
	t.AppendHeader(table.Row{e.say("Jour", "Day"), e.say("Événement", "Event"), e.say("Version reçue", "Version received"), adds})
	return t
}

// wide says that columns may stand apart.
func (e explanation) wide() bool { return e.width >= 100 }

// render prints a table without what pads its last column.
func (e explanation) render(t table.Writer) {
	padding := 1
	if e.wide() {
		padding = 2
	}
	for _, line := range strings.Split(t.Render(), "\n") {
		if strings.HasPrefix(line, "─") {
			line = strings.TrimSuffix(line, strings.Repeat("─", padding))
		}
		e.line("%s", strings.TrimRight(line, " "))
	}
}

// appendEvent prints an event by its latest version, then the older ones. It gives how many of those it kept back.
func (e explanation) appendEvent(t table.Writer, event explain.Event, adds string, of func(explain.Version) *decimal.Decimal) (keptBack int) {
	n := len(event.Versions) - 1
	if n < 0 {
		t.AppendRow(table.Row{event.Day.Format(time.DateOnly), event.ID, "", adds})
		return 0
	}
	latest := event.Versions[n]
	var notes []string
	if e.mixed {
		notes = append(notes, e.kind(event.Kind))
	}
	if event.Why != "" {
		notes = append(notes, e.why(event))
	} else if latest.Reason != "" {
		notes = append(notes, e.quoted(schemas.Reason(latest.Reason).In(e.Config.Lang)))
	}
	if event.Cut {
		notes = append(notes, e.say("en partie : d'autres jours comptent ailleurs", "in part: other days count elsewhere"))
	}
	// An id fills the column, so that the notes stand below it.
	t.AppendRow(table.Row{event.Day.Format(time.DateOnly), strings.TrimSpace(event.ID.String() + " " + strings.Join(notes, ", ")), e.version(latest), adds})
	if !e.versions {
		return n
	}
	for i := n - 1; i >= 0; i-- {
		v := event.Versions[i]
		was := "–"
		if amount := of(v); v.Unreadable {
			was = "?"
		} else if amount != nil {
			was = "(" + e.amount(*amount) + ")"
		}
		if event.Versions[i+1].Again || v.Late {
			was = ""
		}
		t.AppendRow(table.Row{"", e.older(event, i), e.version(v), was})
	}
	return 0
}

// older says what became of an older version.
func (e explanation) older(event explain.Event, i int) string {
	v := event.Versions[i]
	switch {
	case event.Versions[i+1].Again:
		return e.say("↳ la même, reçue avant", "↳ the same, received before")
	case v.Late:
		return e.say("↳ arrivée trop tard : jamais comptée", "↳ came too late: never counted")
	}
	note := e.say("↳ avant", "↳ before")
	if !v.LocalDay.Equal(event.Versions[i+1].LocalDay) {
		note += e.say(", au ", ", on ") + v.LocalDay.Format(time.DateOnly)
	}
	if v.Kind != event.Versions[i+1].Kind {
		note += ", " + e.kind(v.Kind)
	}
	if v.Retracted {
		note += e.say(", retirée", ", retracted")
	}
	if v.Reason != "" {
		note += ", " + e.quoted(schemas.Reason(v.Reason).In(e.Config.Lang))
	}
	return note
}

func (e explanation) why(event explain.Event) string {
	latest := event.Versions[len(event.Versions)-1]
	var why string
	switch event.Why {
	case explain.Retracted:
		why = e.say("retiré", "retracted")
	case explain.Moved:
		why = e.say("déplacé au ", "moved to ") + latest.LocalDay.Format(time.DateOnly)
	case explain.OtherKind:
		why = e.say("devenu : ", "now: ") + e.kind(latest.Kind)
	default:
		why = e.say("corrigé : ne compte plus ici", "corrected: it doesn't count here now")
	}
	if latest.Reason != "" {
		why += ", " + e.quoted(schemas.Reason(latest.Reason).In(e.Config.Lang))
	}
	return why
}

func (e explanation) kind(name string) string {
	k, known := schemas.KindByName(name)
	if !known {
		return name
	}
	return k.Title.In(e.Config.Lang)
}

// version is its revision, when it was received in the programme's zone, and from which system of the lab.
func (e explanation) version(v explain.Version) string {
	s := fmt.Sprintf("r%d %s", v.Revision, v.ReceivedAt.In(e.Config.Zone).Format("2006-01-02 15:04"))
	if _, system, given := strings.Cut(strings.TrimPrefix(v.Source, "/labs/"), "/"); given {
		s += " " + system
	}
	return s
}

func (e explanation) former() {
	if len(e.Former) == 0 {
		return
	}
	e.line(e.say("\nNe comptent plus : %d", "\nNo longer counted: %d"), len(e.Former))
	e.mixed = mixed(explain.Part{Entries: []explain.Entry{{Events: e.Former}}})
	t := e.events(e.say("Apportait", "Added"), e.widest(explain.Part{Entries: []explain.Entry{{Events: e.Former}}}))
	left, older := 0, 0
	for i, event := range e.Former {
		if e.limit > 0 && i >= e.limit {
			left++
			continue
		}
		older += e.appendEvent(t, event, "", func(v explain.Version) *decimal.Decimal {
			if v.Numerator != nil {
				return v.Numerator
			}
			return v.Denominator
		})
	}
	e.render(t)
	e.leftOut(left, older)
}

func (e explanation) leftOut(events, versions int) {
	if events > 0 {
		e.line("%s", schemas.Counted(events, schemas.Text{FR: "… %d événement de plus n'est pas affiché (--limit)", EN: "… %d more event isn't shown (--limit)"},
			schemas.Text{FR: "… %d événements de plus ne sont pas affichés (--limit)", EN: "… %d more events aren't shown (--limit)"}).In(e.Config.Lang))
	}
	if versions > 0 {
		e.line("%s", schemas.Counted(versions, schemas.Text{FR: "… %d version plus ancienne n'est pas affichée (--versions)", EN: "… %d older version isn't shown (--versions)"},
			schemas.Text{FR: "… %d versions plus anciennes ne sont pas affichées (--versions)", EN: "… %d older versions aren't shown (--versions)"}).In(e.Config.Lang))
	}
}

// proof holds what the contributions make against the figure.
func (e explanation) proof() string {
	if !e.Exact() {
		figure := e.say("aucune valeur", "no value")
		if e.Figure != nil {
			figure = e.value(e.Figure.Value)
		}
		return fmt.Sprintf(e.say("✘ les contributions donnent %s, le chiffre affiché est %s", "✘ the contributions give %s, the figure shown is %s"), e.calculation(), figure)
	}
	if e.Figure == nil {
		return e.say("✔ rien ne compte ici, et le chiffre n'a pas de valeur", "✔ nothing counts here, and the figure has no value")
	}
	switch e.Rule {
	case explain.Age:
		return e.say("✔ c'est la valeur : ", "✔ this is the value: ") + e.calculation()
	case explain.Last, explain.Max:
		return e.say("✔ ce que dit cet événement est la valeur : ", "✔ what this event says is the value: ") + e.calculation()
	}
	return e.say("✔ la somme des contributions est la valeur : ", "✔ the sum of contributions is the value: ") + e.calculation()
}

// calculation is how the value comes from the sums; ≈ where six decimals don't hold it.
func (e explanation) calculation() string {
	indicator, n, by := e.Answer.Indicator, e.Numerator.Total, decimal.NewFromInt(e.Answer.Indicator.Scale)
	if e.Denominated() {
		by = e.Denominator.Total
	}
	times := ""
	if indicator.Percent() {
		times = "100 × "
	}
	switch {
	case e.Value == nil && e.Denominated():
		return fmt.Sprintf("%s%s ÷ %s : %s", times, e.exact(n), e.exact(by), e.value(nil))
	case e.Value == nil || !e.Denominated() && indicator.Scale == 1 && e.Rule != explain.Age:
		return e.value(e.Value)
	case e.Rule == explain.Age:
		last := e.Numerator.Entries[0].Events[0].Day
		return fmt.Sprintf("%s − %s = %s", e.To.Format(time.DateOnly), last.Format(time.DateOnly), e.value(e.Value))
	}
	sign, product := "=", n
	if indicator.Percent() {
		product = n.Mul(decimal.NewFromInt(100))
	}
	if !e.Value.Mul(by).Equal(product) {
		sign = "≈"
	}
	return fmt.Sprintf("%s%s ÷ %s %s %s", times, e.exact(n), e.exact(by), sign, e.value(e.Value))
}

// value is in the indicator's unit.
func (e explanation) value(v *decimal.Decimal) string {
	if v == nil {
		return e.say("aucune", "none")
	}
	return e.exact(*v) + e.unit(e.Answer.Indicator.Unit)
}

// amount is a contribution in the indicator's unit; ≈ where six decimals don't hold it.
func (e explanation) amount(d decimal.Decimal) string {
	v, sign := e.unscaled(d), ""
	if !e.Denominated() && !v.Mul(decimal.NewFromInt(e.Answer.Indicator.Scale)).Equal(d) {
		sign = "≈ "
	}
	return sign + e.text(v, e.decimals)
}

// unscaled is an amount in the indicator's unit; a quotient's parts are in units of their own.
func (e explanation) unscaled(d decimal.Decimal) decimal.Decimal {
	if e.Denominated() {
		return d
	}
	q, _ := d.QuoRem(decimal.NewFromInt(e.Answer.Indicator.Scale), 6)
	return q
}

// decimalsOf is the most decimals that a part's amounts have.
func (e explanation) decimalsOf(p explain.Part) int32 {
	most := int32(0)
	for _, entry := range p.Entries {
		_, decimals, _ := strings.Cut(e.unscaled(entry.Amount).String(), ".")
		most = max(most, int32(len(decimals)))
	}
	return most
}

// mixed says whether a part's events are of several kinds.
func mixed(p explain.Part) bool {
	kinds := map[string]bool{}
	for _, entry := range p.Entries {
		for _, event := range entry.Events {
			kinds[event.Kind] = true
		}
	}
	return len(kinds) > 1
}

func (e explanation) quoted(s string) string { return e.say("« "+s+" »", "“"+s+"”") }

// exact writes all decimals of a number, in the language's manner: 12 345,6 or 12,345.6.
func (env *environment) exact(d decimal.Decimal) string { return env.text(d, 0) }

// text writes all decimals of a number, and at least some.
func (env *environment) text(d decimal.Decimal, decimals int32) string {
	sample := []rune(env.printer().Sprint(numberFormat(1234.5))) // as this language separates
	group, point := string(sample[1:len(sample)-5]), string(sample[len(sample)-2])
	_, rest, _ := strings.Cut(d.String(), ".")
	whole, rest, _ := strings.Cut(d.Abs().StringFixed(max(decimals, int32(len(rest)))), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if rest != "" {
		whole += point + rest
	}
	if d.Sign() < 0 {
		return "−" + whole
	}
	return whole
}
