package showcase

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counting is a Source that counts how often it is asked, and how.
type counting struct {
	asked atomic.Int64
	give  func(ctx context.Context, n int64) (Programme, error)
}

func (c *counting) Programme(ctx context.Context) (Programme, error) {
	return c.give(ctx, c.asked.Add(1))
}

func TestVisitorsShareOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		s := &counting{give: func(context.Context, int64) (Programme, error) {
			<-answer
			return programme(), nil
		}}
		h := newHandler(t, s)
		var visitors sync.WaitGroup
		for range 50 {
			visitors.Go(func() {
				if w := get(t, h, "/"); w.Code != http.StatusOK {
					t.Errorf("status %d", w.Code)
				}
			})
		}
		synctest.Wait() // all of them wait
		close(answer)
		visitors.Wait()
		if n := s.asked.Load(); n != 1 {
			t.Errorf("the source was asked %d times", n)
		}
	})
}

// While everything is made again the last answer stays, and whoever comes before there is one is told so.
func TestFiguresBeingMadeAgain(t *testing.T) {
	now, remaking := time.Unix(0, 0), true
	s := &counting{give: func(context.Context, int64) (Programme, error) {
		if remaking {
			return Programme{}, fmt.Errorf("%w: rebuilding", ErrRemaking)
		}
		return programme(), nil
	}}
	h, err := New(Config{Source: s, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string]string{"fr": "Les chiffres sont en cours de recalcul", "en": "The figures are being recalculated"} {
		if w := get(t, h, "/?lang="+lang); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" || !strings.Contains(w.Body.String(), words) {
			t.Errorf("before there is anything: %d %v", w.Code, w.Header())
		}
	}
	remaking = false
	before := get(t, h, "/").Body.String()
	remaking, now = true, now.Add(time.Minute)
	if w := get(t, h, "/"); w.Code != http.StatusOK || w.Body.String() != before {
		t.Errorf("the page from before: %d", w.Code)
	}
}

func TestAnswerAgesAndFailureIsNotKept(t *testing.T) {
	now := time.Unix(0, 0)
	s := &counting{give: func(_ context.Context, n int64) (Programme, error) {
		if n == 2 {
			return Programme{}, errors.New("down")
		}
		return programme(), nil
	}}
	h, err := New(Config{Source: s, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		pass   time.Duration
		status int
		asked  int64
	}{
		{0, 200, 1}, {DefaultCache - 1, 200, 1}, {1, 503, 2}, {0, 200, 3}, {0, 200, 3},
	} {
		now = now.Add(step.pass)
		if w := get(t, h, "/"); w.Code != step.status || s.asked.Load() != step.asked {
			t.Errorf("step %d: status %d after %d questions, want %d after %d", i, w.Code, s.asked.Load(), step.status, step.asked)
		}
	}
}

func TestVisitorWhoLeavesDoesNotCancelTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		s := &counting{give: func(ctx context.Context, _ int64) (Programme, error) {
			select {
			case <-answer:
				return programme(), nil
			case <-ctx.Done():
				return Programme{}, ctx.Err()
			}
		}}
		h := newHandler(t, s)
		ctx, leave := context.WithCancel(t.Context())
		var visitors sync.WaitGroup
		visitors.Go(func() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		})
		synctest.Wait()
		visitors.Go(func() {
			if w := get(t, h, "/"); w.Code != http.StatusOK {
				t.Errorf("the one who stayed gets status %d", w.Code)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(answer)
		visitors.Wait()
	})
}

func TestSlowSourceTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, &counting{give: func(ctx context.Context, _ int64) (Programme, error) {
			<-ctx.Done()
			return Programme{}, ctx.Err()
		}})
		if w := get(t, h, "/"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", w.Code)
		}
	})
}

func TestSourceThatPanics(t *testing.T) {
	h := newHandler(t, &counting{give: func(context.Context, int64) (Programme, error) { panic("oops") }})
	if w := get(t, h, "/"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
}
