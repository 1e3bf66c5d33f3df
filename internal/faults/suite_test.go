package faults

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever isn't as it must be makes a row fail.
func TestProblems(t *testing.T) {
	right := found{messages: 10, stored: 8, rejected: 2, acknowledged: 10, sent: 11, refuse: 1, verified: 10, checked: 50, logged: 2}
	for _, c := range []struct {
		name  string
		wrong func(*found)
		says  string
	}{
		{"nothing", func(*found) {}, ""},
		{"a figure differs", func(f *found) { f.differing = 1 }, "verify: 1 of"},
		{"verify read less", func(f *found) { f.verified-- }, "verify read 9 messages"},
		{"verify compared nothing", func(f *found) { f.checked = 0 }, "verify compared nothing"},
		{"a message is in no table", func(f *found) { f.stored-- }, "10 messages, but 7 stored"},
		{"a rejection is missing", func(f *found) { f.rejected-- }, "1 rejected"},
		{"an acknowledged message isn't in the stream", func(f *found) { f.acknowledged++ }, "11 messages were acknowledged"},
		{"a message was never settled", func(f *found) { f.sent++ }, "12 were sent"},
		{"an acknowledged message is lost", func(f *found) { f.lost = 1 }, "1 messages were acknowledged and are neither"},
		{"a row of nowhere", func(f *found) { f.unknown = 1 }, "not in the stream"},
		{"a rejection isn't in the stream", func(f *found) { f.compareLog([]uint64{3, 4}, []uint64{4}) }, "1 rejections are in ClickHouse or"},
		{"a rejection of the stream isn't in ClickHouse", func(f *found) { f.compareLog([]uint64{4}, []uint64{3, 4}) }, "1 rejections are in ClickHouse or"},
		{"another rejection", func(f *found) { f.compareLog([]uint64{3, 4}, []uint64{3, 5}) }, "2 rejections are in ClickHouse or"},
		{"a rejection is in the stream twice", func(f *found) { f.compareLog([]uint64{3, 4}, []uint64{4, 3, 4}) }, "of 3 rejections in the stream of rejections 1"},
		{"both stored and rejected", func(f *found) { f.twice = 1 }, "both stored and rejected"},
	} {
		f := right
		c.wrong(&f)
		err := f.problems()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.name, err, c.says)
		}
	}
}

// A scenario of one form alone has no share in the other.
func TestShare(t *testing.T) {
	for _, c := range []struct{ of, want amount }{
		{amount{}, amount{}},
		{amount{rounds: 4, events: 1000, rate: 10}, amount{rounds: 1, events: 100, rate: 10}},
		{amount{rounds: 30, events: 1000, rate: 10}, amount{rounds: 3, events: 100, rate: 10}},
	} {
		if got := c.of.times(0.1); got != c.want {
			t.Errorf("a tenth of %+v is %+v, want %+v", c.of, got, c.want)
		}
	}
}

// A seed gives the same messages again, and among them everything that the scenarios are about.
func TestMessages(t *testing.T) {
	const n = 20_000
	var first []message
	var duplicates, invalid, tooLarge int
	for m := range messages(7) {
		if len(first) == n {
			break
		}
		first = append(first, m)
		if m.duplicate {
			duplicates++
		}
		if !m.valid {
			invalid++
		}
		if m.tooLarge {
			tooLarge++
		}
	}
	if duplicates < n/50 || invalid < n/200 || tooLarge == 0 {
		t.Errorf("of %d messages %d are duplicates, %d invalid, %d too large", n, duplicates, invalid, tooLarge)
	}
	i := 0
	for m := range messages(7) {
		if i == n {
			break
		}
		if m.subject != first[i].subject || !bytes.Equal(m.raw, first[i].raw) {
			t.Fatalf("message %d differs the second time", i)
		}
		i++
	}
}
