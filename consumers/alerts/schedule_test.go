package alerts

import (
	"testing"
	"time"
)

// A digest is due at the time of day that was asked for, midnight too, by the programme's clock.
func TestWhenADigestIsDue(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]string{0: "2026-06-30 00:00", 5 * time.Hour: "2026-06-30 05:00", 8 * time.Hour: "2026-06-29 08:00"} {
		s, err := Schedule{At: at, Zone: paris}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.last(time.Date(2026, 6, 30, 5, 0, 0, 0, paris)).Format("2006-01-02 15:04"); got != want {
			t.Errorf("at %s: the last was due %s, want %s", at, got, want)
		}
	}
}
