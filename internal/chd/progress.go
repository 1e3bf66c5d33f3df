package chd

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long step is: a bar on a terminal, two lines elsewhere.
type progress struct {
	w     io.Writer
	title string
	bar   *progressbar.ProgressBar
}

// newProgress starts a step of so many bytes; 0 means that nobody knows how many.
func newProgress(w io.Writer, title string, total int64) *progress {
	p := &progress{w: w, title: title}
	if w == nil {
		return p
	}
	if file, ok := w.(interface{ Fd() uintptr }); !ok || !term.IsTerminal(int(file.Fd())) {
		size := ""
		if total > 0 {
			size = fmt.Sprintf(", %d MB", total/1_000_000)
		}
		_, _ = fmt.Fprintf(w, "%s%s…\n", title, size)
		return p
	}
	if total == 0 {
		total = -1 // a spinner
	}
	p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(title),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth(),
		progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(w) }))
	return p
}

// set says how many bytes there are by now.
func (p *progress) set(n int64) {
	if p.bar != nil {
		if most := p.bar.GetMax64(); most > 0 {
			n = min(n, most)
		}
		_ = p.bar.Set64(n)
	}
}

// finish ends the step as done.
func (p *progress) finish() {
	switch {
	case p.bar != nil:
		_ = p.bar.Finish()
	case p.w != nil:
		_, _ = fmt.Fprintf(p.w, "%s: done\n", p.title)
	}
}

// stop ends the step as it is, so that an error starts on a line of its own.
func (p *progress) stop() {
	if p.bar != nil {
		_ = p.bar.Exit()
		_, _ = fmt.Fprintln(p.w)
	}
}
