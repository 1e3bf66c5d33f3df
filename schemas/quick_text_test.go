package schemas

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainInstants compares with time.Parse and what the door asks for beyond it.
func TestPlainInstants(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		number := func(most int) string {
			return fmt.Sprintf("%02d", rapid.OneOf(rapid.IntRange(0, most), rapid.IntRange(0, 99)).Draw(t, "number"))
		}
		year := rapid.SampledFrom([]int{1999, 2000, 2001, 2004, 2026, 2100, 2148, 2149}).Draw(t, "year")
		s := fmt.Sprint(year) + "-" + number(12) + "-" + number(31) + "T" + number(23) + ":" + number(59) + ":" + number(59)
		s += rapid.SampledFrom([]string{"Z", "z", "", "+", "-"}).Draw(t, "sign")
		if last := s[len(s)-1]; last == '+' || last == '-' {
			s += number(23) + ":" + number(59)
		}
		got, ok := plainInstant([]byte(s))
		if !ok {
			return
		}
		taken++
		d := decoder{}
		if want, ok := d.instant("time", s); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is %v, the door says %v", s, got, want)
		}
	})
	if taken == 0 {
		t.Error("none was taken: it shows nothing")
	}
}

// The filters that spare texts the regular expressions let through all that these find.
func TestFiltersLetPhoneNumbersThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ a-z]{0,2}`+phonePattern.String()+`[ a-z0-9]{0,2}`).Draw(t, "text")
		if phonePattern.MatchString(s) && !mayHoldNumber(s) {
			t.Fatalf("%q", s)
		}
		address := rapid.StringMatching(emailPattern.String()).Draw(t, "address")
		if emailPattern.MatchString(address) && !mayHoldAddress(address) {
			t.Fatalf("%q", address)
		}
	})
}
