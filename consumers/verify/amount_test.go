package verify

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestAmount(t *testing.T) {
	huge := micros(math.MaxInt64).plus(micros(math.MaxInt64)) // 2⁶⁴ − 2 millionths
	for _, c := range []struct {
		got  Amount
		want string
	}{
		{Amount{}, "0"},
		{whole(12), "12"},
		{micros(-500_000), "-0.5"},
		{micros(-1), "-0.000001"},
		{micros(1_500_000).plus(micros(-2_000_000)), "-0.5"},
		{whole(1).minus(whole(3)), "-2"},
		{huge, "18446744073709.551614"},
		{micros(math.MinInt64).plus(micros(math.MinInt64)), "-18446744073709.551616"},
		{huge.minus(huge), "0"},
	} {
		if c.got.String() != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if !whole(-1).less(Amount{}) || huge.less(whole(1)) || !whole(1).less(huge) {
		t.Error("the order is wrong")
	}
}

func TestQuotient(t *testing.T) {
	for _, c := range []struct {
		a     Amount
		times int64
		b     Amount
		want  string
	}{
		{whole(2), 100, whole(3), "66.666666"},   // cut, not rounded
		{whole(-2), 100, whole(3), "-66.666666"}, // toward zero
		{whole(5400), 1, whole(3600), "1.5"},
		{micros(-1), 1, whole(3600), "0"}, // not "-0"
		{whole(7), 1, whole(1), "7"},
	} {
		if got := string(appendQuotient(nil, c.a, c.times, c.b)); got != c.want {
			t.Errorf("%s × %d ÷ %s: got %s, want %s", c.a, c.times, c.b, got, c.want)
		}
	}
}

// Numbers that fit 64 bits are written and divided without big integers, and just like them.
func TestShortNumbersAreAsBigOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, times, by := rapid.Int64().Draw(t, "n"), rapid.SampledFrom([]int64{1, 100}).Draw(t, "times"), rapid.Int64().Draw(t, "by")
		if got, want := micros(n).String(), decimalText(big.NewInt(n)); got != want {
			t.Fatalf("%d millionths: got %s, want %s", n, got, want)
		}
		if by == 0 {
			return
		}
		want := new(big.Int).Mul(big.NewInt(n), big.NewInt(times*million))
		want.Quo(want, big.NewInt(by))
		if got := string(appendQuotient(nil, micros(n), times, micros(by))); got != decimalText(want) {
			t.Fatalf("%d × %d ÷ %d: got %s, want %s", n, times, by, got, decimalText(want))
		}
	})
}

// 2 × 2⁶⁴ + 7 plus 1 × 2⁶⁴ + (2⁶⁴ − 3) = 3 × 2⁶⁴ + 2⁶⁴ + 4 = 4 × 2⁶⁴ + 4
func TestVersion(t *testing.T) {
	v := Version{}.plus(2, 7).plus(1, math.MaxUint64-2)
	if want := "73786976294838206468"; v.String() != want {
		t.Errorf("got %s, want %s", v, want)
	}
	if got := (Version{}).plus(0, 12).String(); got != "12" {
		t.Errorf("got %s, want 12", got)
	}
}
