//lint:file-ignore SA1019 the classic schema is meant; see Dashboard

package kit

import (
	"errors"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"vitrine/internal/pages"
	"vitrine/schemas"
)

// Board is one dashboard in one language while it is described. What is wrong with a description is
// collected, and returned by [Kit.Build].
type Board struct {
	// Lang is the language of the texts.
	Lang pages.Lang

	kit     *Kit
	d       Description
	builder *dashboard.DashboardBuilder
	ids     map[string]uint32 // of panels, by the key of their texts
	begun   map[string]bool   // those that there are
	shared  []string          // those whose rows others take
	last    uint32
	empty   map[uint32]bool
	errs    []error
}

func (k *Kit) newBoard(d Description, l pages.Lang) *Board {
	b := &Board{Lang: l, kit: k, d: d, ids: map[string]uint32{}, begun: map[string]bool{}, empty: map[uint32]bool{}}
	b.builder = dashboard.NewDashboardBuilder(b.Text(d.Name+".title")).
		Uid(UID(d.Name, l)).
		Description(b.Text(d.Name+".help")).
		Tags([]string{"vitrine", string(l)}).
		Timezone("browser").WeekStart("monday").
		Time(d.From, "now").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Readonly().
		Version(1)
	if d.Refresh != "" {
		b.builder.Refresh(d.Refresh)
	}
	b.links()
	return b
}

// Text is the text of a key in the board's language; see [pages.Texts.Get].
func (b *Board) Text(key string, pairs ...string) string {
	text, err := b.kit.texts[b.Lang].Get(key, pairs...)
	if err != nil {
		b.errs = append(b.errs, err)
		return key
	}
	return text
}

// has says whether there is a text of that key.
func (b *Board) has(key string) bool {
	_, err := b.kit.texts[b.Lang].Get(key)
	return err == nil
}

// Indicator is an indicator of the catalogue.
func (b *Board) Indicator(code string) schemas.Indicator {
	i, ok := b.kit.config.Catalogue.Lookup(code)
	if !ok {
		b.errs = append(b.errs, fmt.Errorf("the catalogue has no indicator %q", code))
		return schemas.Indicator{Code: code}
	}
	return *i
}

// IndicatorName is an indicator's name in the board's language, with its code.
func (b *Board) IndicatorName(code string) string {
	return b.Indicator(code).Name.In(schemas.Lang(b.Lang)) + " (" + code + ")"
}

// Formula says how an indicator is counted, in the board's language.
func (b *Board) Formula(code string) string {
	return code + b.Text("colon") + b.Indicator(code).Definition.In(schemas.Lang(b.Lang))
}

// Row begins a new row of panels under a heading, the text of key.
func (b *Board) Row(key string) {
	b.last++
	b.builder.WithRow(dashboard.NewRowBuilder(b.Text(key)).Id(b.last))
}

// Add puts a panel on the board, to the right of the last or, where that filled the line's 24 columns, below.
func (b *Board) Add(p cog.Builder[dashboard.Panel]) { b.builder.WithPanel(p) }

// id is that of the panel of a key, also before there is one.
func (b *Board) id(key string) uint32 {
	if b.ids[key] == 0 {
		b.last++
		b.ids[key] = b.last
	}
	return b.ids[key]
}

func (b *Board) build() (Built, error) {
	for _, key := range b.shared {
		if !b.begun[key] {
			b.errs = append(b.errs, fmt.Errorf("there is no panel %q whose rows could be shared", key))
		}
	}
	built := Built{Lang: b.Lang, Name: b.d.Name, MayBeEmpty: b.empty}
	var err error
	built.Dashboard, err = b.builder.Build()
	return built, errors.Join(append(b.errs, err)...)
}
