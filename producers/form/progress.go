package form

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// progressView is how the commitments stand, as shown.
type progressView struct {
	Cards []card `json:"commitments"`
	// Pending is how many entries are accepted and not counted yet; the script asks until there are none.
	Pending     int    `json:"pending"`
	PendingText string `json:"pending_text"`
	Down        bool   `json:"down"` // the figures couldn't be read
}

// card is one commitment; its texts are in the visitor's language.
type card struct {
	Key     string `json:"key"`
	Name    string `json:"name"`
	Segment string `json:"segment"`
	Actual  string `json:"actual"`
	Target  string `json:"target"`
	Percent string `json:"percent"`
	Needed  string `json:"needed"` // each month, to reach the target; may be empty
	Fill    string `json:"fill"`   // a share of the bar's width
	Expect  string `json:"expected"`
	Status  string `json:"status"`
	Badge   string `json:"badge"`
}

// statuses are those of the contract, those that want attention first.
func statuses() []string {
	return []string{"missed", "exceeded", "late", "at_risk", "no_data", "on_track", "within", "achieved", "not_started"}
}

// progressOf reads how the lab's commitments stand.
func (h *Handler) progressOf(v *visit) progressView {
	ctx, cancel := context.WithTimeout(v.r.Context(), h.config.ReadTimeout)
	defer cancel()
	list, err := h.config.Progress.Status(ctx, v.session.lab)
	if err != nil {
		h.missed(v, "the commitments", err)
		return progressView{Down: true}
	}
	slices.SortStableFunc(list, func(a, b Commitment) int {
		return slices.Index(statuses(), a.Status) - slices.Index(statuses(), b.Status)
	})
	var out progressView
	for _, c := range list {
		out.Cards = append(out.Cards, v.texts.card(c))
	}
	pending, err := h.pending(ctx, v.session.lab)
	if err != nil {
		h.missed(v, "what is counted", err)
	}
	if out.Pending = len(pending); out.Pending > 0 {
		out.PendingText = v.texts.count("progress.pending", out.Pending)
	}
	return out
}

// leastNeeded is the least that is worth saying: less is written as 0.
const leastNeeded = 0.05

func (t texts) card(c Commitment) card {
	isCap := c.Status == "within" || c.Status == "exceeded"
	out := card{Key: c.Indicator + "-" + c.Segment, Name: t.say(c.Name), Segment: t.say(c.SegmentName), Status: c.Status,
		Badge: c.Status, Actual: t.must("commitment.nodata"), Fill: share(0)}
	if out.Name == "" {
		out.Name = c.Indicator
	}
	if slices.Contains(statuses(), c.Status) {
		out.Badge = t.must("status." + c.Status)
	} else {
		out.Status = "other"
	}
	target := "commitment.target"
	if isCap {
		target = "commitment.cap"
	}
	if c.Actual == nil {
		target = "commitment.goal"
	}
	out.Target = t.must(target, "target", t.value(c.Target, c.Unit))
	actual := 0.0
	if c.Actual != nil {
		out.Actual, actual = t.value(*c.Actual, c.Unit), drawable(*c.Actual)
	}
	if c.Percent != nil && !isCap { // rounded down: 99.9 % of a promise isn't all of it
		out.Percent = t.must("commitment.percent", "percent", t.value(math.Floor(*c.Percent), "%"))
	}
	if c.NeededPerMonth != nil && *c.NeededPerMonth >= leastNeeded {
		out.Needed = t.must("commitment.needed", "needed", t.value(*c.NeededPerMonth, c.Unit))
	}
	full := max(drawable(c.Target), actual)
	if full > 0 {
		out.Fill = share(100 * actual / full)
		if !isCap && c.Expected > 0 {
			out.Expect = share(min(100*drawable(c.Expected)/full, 99.6))
		}
	}
	return out
}

func drawable(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}

func share(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }

// progress answers the script.
func (h *Handler) progress(v *visit) {
	body, err := json.Marshal(h.progressOf(v))
	if err != nil { // strings and a number
		h.unavailable(v, "the commitments can't be written", err)
		return
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Cache-Control", "no-store")
	_, _ = v.w.Write(body)
}
