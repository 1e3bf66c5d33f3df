package form

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is what the keyboard would act on.
type focused struct {
	ID, Name, Text, Outline string
	Visible                 bool
}

const whatIsFocused = `(() => {
	const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
	return {ID: e.id, Name: e.name || '', Text: (e.textContent || '').trim().slice(0, 40), Outline: s.outlineStyle,
		Visible: r.width > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth};
})()`

// TestByKeyboard enters a session in French on a phone's width with the keyboard alone, corrects it
// and takes it back; what the script adds is looked at on the way.
func TestByKeyboard(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withStream()
	ctx := chromium(t)
	keys := func(text string) { t.Helper(); do(t, ctx, chromedp.KeyEvent(text)) }
	// until presses the tabulator until the focus is where it should be, and looks at each stop.
	until := func(is func(focused) bool, what string) {
		t.Helper()
		for range 60 {
			keys(kb.Tab)
			f := eval[focused](t, ctx, whatIsFocused)
			if f.Name == "" && f.ID == "" && strings.HasPrefix(f.Text, "Aller au contenu\n") { // the page itself, before its first stop
				continue
			}
			if f.Outline == "none" || !f.Visible {
				t.Errorf("on the way to %s: nothing shows that the focus is on %+v", what, f)
			}
			if is(f) {
				return
			}
		}
		t.Fatalf("the keyboard doesn't reach %s on %s", what, eval[string](t, ctx, "location.pathname"))
	}
	text := func(s string) func(focused) bool { return func(f focused) bool { return strings.HasPrefix(f.Text, s) } }
	field := func(id string) func(focused) bool { return func(f focused) bool { return f.ID == id } }
	said := func(id string) string {
		return eval[string](t, ctx, `document.getElementById('`+id+`-error')?.textContent || ''`)
	}

	do(t, ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate(w.server.URL+"/submit?lang=fr"), chromedp.WaitVisible("#token"))
	until(field("token"), "the token")
	keys(goodToken + kb.Enter)
	do(t, ctx, chromedp.WaitVisible(".kinds"))
	until(text("Une formation"), "the trainings")
	keys(kb.Enter)
	do(t, ctx, chromedp.WaitVisible("form.entry"))

	// It says what is wrong while she types, at the field, and takes it back when it is mended.
	until(field("when_start"), "the start")
	setTime := func(id, value string) { t.Helper(); do(t, ctx, chromedp.SetValue("#"+id, value)) } // how a time is typed is the browser's own
	setTime("when_start", "18:00")
	until(field("when_end"), "the end")
	setTime("when_end", "17:00")
	until(field("f-topic"), "the topic")
	if got := said("when_end"); got != "La fin est avant le début." {
		t.Errorf("at the end: %q", got)
	}
	keys("Sécurité")
	until(field("f-audience"), "the audience")
	keys("Entreprises")
	until(field("f-attendees"), "the attendees")
	keys("2500")
	until(field("f-companies"), "the companies")
	if got := said("f-attendees"); got != "Un nombre de 0 à 2\u202f000 est attendu." {
		t.Errorf("at the attendees: %q", got)
	}
	keys("552 100 555")
	until(field("f-companies-codes"), "the companies' codes")
	if got := said("f-companies"); !strings.HasPrefix(got, "Ligne 1\u00a0: Ce SIREN n’existe pas") {
		t.Errorf("at the companies: %q", got)
	}
	until(text("Envoyer"), "the button")
	keys(kb.Enter)
	if f := eval[focused](t, ctx, whatIsFocused); f.ID != "summary" {
		t.Errorf("the focus is on %+v, not on what is wrong", f)
	}
	if n := eval[int](t, ctx, `document.querySelectorAll('#summary li').length`); n != 3 || len(w.events()) != 0 {
		t.Errorf("%d things are wrong, want 3; %d events", n, len(w.events()))
	}
	look(t, ctx, "keyboard-errors-0390-fr")
	keys(kb.Tab + kb.Enter) // the first one's link
	if f := eval[focused](t, ctx, whatIsFocused); f.ID != "when_end" {
		t.Errorf("the link leads to %+v", f)
	}
	setTime("when_end", "20:00")
	until(field("f-attendees"), "the attendees")
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	keys("8")
	until(field("f-companies"), "the companies")
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	keys("552 100 554")
	until(text("Envoyer"), "the button")
	if got := said("f-attendees") + said("f-companies") + said("when_end"); got != "" {
		t.Errorf("still wrong: %q", got)
	}
	keys(kb.Enter)
	do(t, ctx, chromedp.WaitVisible(".accepted"))
	if n := len(w.events()); n != 1 {
		t.Fatalf("%d events, want 1", n)
	}

	// Her next form begins with her last choices.
	until(text("Une autre"), "another one")
	keys(kb.Enter)
	do(t, ctx, chromedp.WaitVisible("form.entry"))
	if got := eval[string](t, ctx, `document.getElementById('f-topic').value + ' ' + document.getElementById('f-audience').value + ' ' + document.getElementById('f-attendees').value`); got != "safety companies " {
		t.Errorf("it begins with %q", got)
	}
	// One row to begin with, one more by a key.
	until(func(f focused) bool { return f.Name == "more" }, "the button that adds a row")
	keys(kb.Enter)
	if f := eval[focused](t, ctx, whatIsFocused); f.ID != "f-partners-1-partnership" || eval[string](t, ctx, `document.querySelector('[name="n.partners"]').value`) != "2" {
		t.Errorf("the focus is on %+v", f)
	}

	do(t, ctx, chromedp.Navigate(w.server.URL+"/submit?lang=fr"), chromedp.WaitVisible(".entries"))
	until(text("Corriger"), "the correction")
	keys(kb.Enter)
	do(t, ctx, chromedp.WaitVisible("form.entry"))
	until(field("f-attendees"), "the attendees")
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	keys("9" + kb.Enter)
	do(t, ctx, chromedp.WaitVisible(".accepted"))
	do(t, ctx, chromedp.Navigate(w.server.URL+"/submit?lang=fr"), chromedp.WaitVisible(".entries"))
	until(text("Retirer"), "the retraction")
	keys(kb.Enter)
	do(t, ctx, chromedp.WaitVisible("#reason"))
	until(field("reason"), "the reason")
	keys("Doublon" + kb.Enter)
	do(t, ctx, chromedp.WaitVisible(".accepted"))
	events := w.events()
	if len(events) != 3 || events[1].Revision != 1 || !strings.Contains(string(events[1].Data), `"attendees":9`) || !events[2].Retracted || events[2].Revision != 2 {
		t.Fatalf("%d events: %+v", len(events), events)
	}
}

// TestFiguresMove waits on the page after an entry until it is counted.
func TestFiguresMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withStream()
	ctx := chromium(t)
	w.set(func() { w.lagging = true })
	do(t, ctx, chromedp.EmulateViewport(1440, 844))
	signInBrowser(t, ctx, w.server.URL, goodToken, "fr")
	do(t, ctx, chromedp.Navigate(w.server.URL+"/submit/new/training.held?lang=fr"), chromedp.SetValue("#when_start", "17:00"), chromedp.SetValue("#when_end", "19:30"),
		chromedp.SetValue("#f-attendees", "8"), chromedp.SetValue("#f-topic", "safety"), chromedp.SetValue("#f-audience", "members"))
	// Two clicks at once: the script lets one through.
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`(() => { const b = document.querySelector('.entry > .buttons .button'); b.click(); b.click(); })()`), chromedp.WaitVisible(".accepted"))
	if w.calls != 1 {
		t.Errorf("published %d times", w.calls)
	}
	if got := eval[string](t, ctx, `document.querySelector('.pending').textContent`); got != "1\u00a0entrée en cours de comptage" {
		t.Errorf("it says %q", got)
	}
	w.set(func() { w.lagging = false })
	do(t, ctx, chromedp.WaitVisible(".pending.done"))
	if got := eval[string](t, ctx, `document.querySelector('[data-key="T01-"].moved [data-is=actual]').textContent`); got != "42" {
		t.Errorf("the figure is %q, want 42", got)
	}
	look(t, ctx, "counted-1440-fr")
}
