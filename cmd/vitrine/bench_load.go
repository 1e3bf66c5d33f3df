package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vitrine/schemas"
)

// gatewayLoad is what bench gateway does to a gateway.
type gatewayLoad struct {
	url                 string
	labs, events, batch int
	gzip                bool
	timeout             time.Duration // of one batch, all its attempts together
}

// loadResult is what was measured. Its numbers are of events, but for those that say otherwise.
type loadResult struct {
	labs, sent, accepted int
	bytes                int64 // of bodies, as sent
	took                 time.Duration
	latencies            []time.Duration // of accepted batches, from the first attempt on
	attempts             []time.Duration // of single requests that were accepted
	retries              map[string]int  // requests that were sent again, by why
	errors               map[string]int  // events that weren't accepted, by why
}

func (r *loadResult) failed() int { return r.sent - r.accepted }

// run lets each lab send its share, all beginning together.
func (l *gatewayLoad) run(ctx context.Context, labs []labToken) *loadResult {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.labs, MaxConnsPerHost: l.labs, IdleConnTimeout: time.Minute}}
	defer client.CloseIdleConnections()
	parts := make([]*loadResult, len(labs))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, lab := range labs {
		n := l.events / len(labs)
		if i < l.events%len(labs) {
			n++
		}
		s := &loadSender{gatewayLoad: l, labToken: lab, client: client, result: &loadResult{retries: map[string]int{}, errors: map[string]int{}}}
		parts[i] = s.result
		bodies := s.bodies(n) // made before the clock starts
		all.Go(func() {
			<-start
			for _, b := range bodies {
				s.send(ctx, b)
			}
		})
	}
	began := time.Now()
	close(start)
	all.Wait()
	total := &loadResult{labs: len(labs), took: time.Since(began), retries: map[string]int{}, errors: map[string]int{}}
	for _, p := range parts {
		total.add(p)
	}
	return total
}

func (r *loadResult) add(p *loadResult) {
	r.sent, r.accepted, r.bytes = r.sent+p.sent, r.accepted+p.accepted, r.bytes+p.bytes
	r.latencies, r.attempts = append(r.latencies, p.latencies...), append(r.attempts, p.attempts...)
	for why, n := range p.retries {
		r.retries[why] += n
	}
	for why, n := range p.errors {
		r.errors[why] += n
	}
}

// loadSender is one lab.
type loadSender struct {
	*gatewayLoad
	labToken
	client *http.Client
	result *loadResult
}

// loadBody is one batch, ready to be sent.
type loadBody struct {
	raw    []byte
	events int
}

// bodies are n trainings of the last 30 days, in batches.
func (s *loadSender) bodies(n int) (out []loadBody) {
	now := time.Now().Truncate(time.Second)
	for n > 0 {
		batch := make([]*schemas.Event, min(n, s.batch))
		for i := range batch {
			at := now.Add(-time.Duration(3+rand.IntN(30*24)) * time.Hour)
			event, err := schemas.NewEvent(s.lab, "bench", at, schemas.TrainingHeld{
				End: at.Add(2 * time.Hour), Topic: "machine_laser_vinyl", Audience: "companies", Attendees: int64(1 + rand.IntN(12))})
			if err != nil {
				panic(err) // TrainingHeld is a kind's data
			}
			batch[i] = event
		}
		raw, err := json.Marshal(batch)
		if err != nil {
			panic(err) // what NewEvent makes can be written
		}
		if s.gzip {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write(raw) // a buffer doesn't fail
			_ = w.Close()
			raw = b.Bytes()
		}
		out = append(out, loadBody{raw, len(batch)})
		n -= len(batch)
	}
	return out
}

// send sends a batch until it is accepted, refused for good, or the time is over.
func (s *loadSender) send(ctx context.Context, b loadBody) {
	s.result.sent += b.events
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := time.Now()
	for {
		attempt := time.Now()
		a := s.try(ctx, b.raw)
		s.result.bytes += int64(len(b.raw))
		switch {
		case a.status == http.StatusAccepted:
			s.result.accepted += a.accepted
			if lost := b.events - a.accepted; lost > 0 {
				s.result.errors["rejected"] += lost
			}
			s.result.latencies = append(s.result.latencies, time.Since(began))
			s.result.attempts = append(s.result.attempts, time.Since(attempt))
			return
		case a.retry == 0:
			s.result.errors[a.why] += b.events
			return
		}
		s.result.retries[a.why]++
		// A little more than asked for, so that those who were refused together don't come back together.
		pause := time.NewTimer(a.retry + rand.N(a.retry/2))
		select {
		case <-ctx.Done():
			pause.Stop()
			s.result.errors["not in time, last: "+a.why] += b.events
			return
		case <-pause.C:
		}
	}
}

// loadAnswer is what came of one request; retry is how long to wait before another, 0 for never.
type loadAnswer struct {
	status, accepted int
	why              string
	retry            time.Duration
}

func (s *loadSender) try(ctx context.Context, raw []byte) loadAnswer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/events", bytes.NewReader(raw))
	if err != nil {
		return loadAnswer{why: err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", schemas.ContentTypeBatch)
	if s.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return loadAnswer{why: "no answer", retry: time.Second}
	}
	defer resp.Body.Close()
	var body struct{ Accepted int }
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	a := loadAnswer{status: resp.StatusCode, accepted: body.Accepted, why: fmt.Sprint(resp.StatusCode)}
	switch {
	case err != nil:
		return loadAnswer{why: "unreadable answer", retry: time.Second}
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		a.retry = time.Duration(max(seconds, 1)) * time.Second
		if err != nil {
			a.why += " without Retry-After"
		}
	}
	return a
}
