package clickhouse

import "testing"

// Reading all ids waits for a thousandth of them, and for twice as many each time that others store too.
func TestReadingAllIDsIsWorthWhile(t *testing.T) {
	var p patience
	lookUpUntilRead := func(stored int) (asked int) {
		for asked = 100; !p.over(100, stored); asked += 100 {
		}
		return asked
	}
	for _, step := range []struct {
		served int // ids between that and when others stored, too
		want   int // ids that are looked up before all are read
	}{{0, 1000}, {0, 2000}, {500, 4000}, {8000, 8000}, {999, 1000}, {1, 2000}} {
		if got := lookUpUntilRead(1_000_000); got != step.want {
			t.Errorf("all are read after %d, want %d", got, step.want)
		}
		p.served = step.served
		p.lost()
	}
}
