package opendata

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"
)

// TestAQuarterIsPublishedOnce: who comes second finds the first one's release, and leaves nothing of its own.
func TestAQuarterIsPublishedOnce(t *testing.T) {
	folder := t.TempDir()
	results := make(chan error, 8)
	for i := range cap(results) {
		go func() {
			results <- save(folder, &Release{First: 8000, Quarter: 8001, Notice: Notice{Publisher: string(rune('a' + i))}})
		}()
	}
	saved := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			saved++
		case !errors.Is(err, fs.ErrExist):
			t.Error(err)
		}
	}
	first, err := lastIn(folder)
	if err != nil || saved != 1 {
		t.Fatalf("%d were saved, %v", saved, err)
	}
	if err := save(folder, &Release{First: 8000, Quarter: 8001, Notice: Notice{Publisher: "z"}}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("saved again: %v", err)
	}
	if again, err := lastIn(folder); err != nil || again.Publisher != first.Publisher {
		t.Errorf("%v, and then %v: %v", first, again, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: want the release alone", left, err)
	}
}

// TestLooksCostAHundredth: without a release figures are read again and again, which must not take the machine.
func TestLooksCostAHundredth(t *testing.T) {
	k := &Keeper{config: Config{Every: time.Hour}}
	for took, want := range map[time.Duration]time.Duration{
		0: 5 * time.Second, 30 * time.Millisecond: 5 * time.Second, time.Second: 100 * time.Second, 5 * time.Minute: time.Hour,
	} {
		if k.took = took; k.rest() != want {
			t.Errorf("after a look of %s it rests %s, want %s", took, k.rest(), want)
		}
	}
	k.last = &Release{}
	if k.rest() != time.Hour {
		t.Errorf("with a release it rests %s", k.rest())
	}
}
