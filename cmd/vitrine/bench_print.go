package main

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// printLoad shows what a load measured.
func (env *environment) printLoad(r *loadResult) {
	t := env.newTable(env.say("mesure", "measure"), env.say("valeur", "value"))
	row := func(fr, en, format string, args ...any) {
		t.AppendRow([]any{env.say(fr, en), env.printer().Sprintf(format, args...)})
	}
	seconds := max(r.took.Seconds(), 1e-9)
	row("fab labs à la fois", "labs at once", "%d", r.labs)
	row("événements acceptés", "events accepted", "%d / %d", r.accepted, r.sent)
	row("durée", "duration", "%s", r.took.Round(time.Millisecond))
	row("débit", "throughput", "%.0f %s", float64(r.accepted)/seconds, env.say("événements/s", "events/s"))
	row("octets envoyés", "bytes sent", "%d", r.bytes)
	slices.Sort(r.latencies)
	slices.Sort(r.attempts)
	row("latence d'un lot, p50 / p99 / max", "latency of a batch, p50 / p99 / max", "%s / %s / %s", rank(r.latencies, 0.5), rank(r.latencies, 0.99), rank(r.latencies, 1))
	row("latence d'une requête, p50 / p99 / max", "latency of a request, p50 / p99 / max", "%s / %s / %s", rank(r.attempts, 0.5), rank(r.attempts, 0.99), rank(r.attempts, 1))
	row("requêtes renvoyées", "requests sent again", "%s", counts(r.retries))
	row("erreurs (événements)", "errors (events)", "%s", counts(r.errors))
	t.Render() // to the standard output
}

// rank is the value that a share of sorted ones doesn't exceed (nearest rank).
func rank(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := int(share*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)].Round(100 * time.Microsecond)
}

// counts writes "0", or "12 (503: 10, 429: 2)".
func counts(by map[string]int) string {
	total, text := 0, ""
	for _, why := range slices.Sorted(maps.Keys(by)) {
		total += by[why]
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s: %d", why, by[why])
	}
	if text == "" {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", total, text)
}
