package ingest

import (
	"testing"
	"time"
)

func TestABatchWaitsForItsShareButNotForLong(t *testing.T) {
	c := &Consumer{config: Config{Hands: 3, AckWait: time.Minute}, counting: make([]progress, 2)}
	batchOf := func(messages, behind int, age time.Duration) *batch {
		return &batch{messages: make([]message, messages), behind: behind, began: time.Now().Add(-age)}
	}
	dry := batchOf(1, 1000, 0)
	dry.dry = true
	for what, test := range map[string]struct {
		waiting int32 // of two that count
		batch   *batch
		want    bool
	}{
		"a fourth of what waits behind it":      {1, batchOf(250, 1000, 0), true},
		"less than that":                        {1, batchOf(249, 1000, 0), false},
		"a sixteenth, while nothing is counted": {2, batchOf(62, 1000, 0), true},
		"less than that, while nothing is, too": {2, batchOf(61, 1000, 0), false},
		"nothing waits":                         {1, batchOf(1, 0, 0), true},
		"no more comes":                         {1, dry, true},
		"few come, for nearly half of AckWait":  {1, batchOf(1, 1000, 29*time.Second), false},
		"few come, for more than half of it":    {1, batchOf(1, 1000, 31*time.Second), true},
	} {
		c.waiting.Store(test.waiting)
		if got := c.enough(test.batch); got != test.want {
			t.Errorf("%s: enough is %t", what, got)
		}
	}
}

// Signs of life are given of what is in hand for long. With one every third of AckWait, none is later than two thirds of it.
func TestOnlyWhatIsInHandForLongIsKeptAlive(t *testing.T) {
	b := new(batch)
	for _, step := range []struct{ messages, long int }{{3, 0}, {5, 3}, {5, 5}, {5, 5}} {
		b.messages = make([]message, step.messages)
		if long := b.long(); len(long) != step.long {
			t.Errorf("of %d messages there are signs of life of %d, want %d", step.messages, len(long), step.long)
		}
	}
	b.empty()
	b.messages = make([]message, 7)
	if long := b.long(); len(long) != 0 {
		t.Errorf("of a batch that has just begun there are signs of life of %d messages", len(long))
	}
}
