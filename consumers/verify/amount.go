package verify

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is an exact number of millionths in 128 bits, as wide as ClickHouse's Decimal(38, 6).
// Its zero value is 0.
type Amount struct {
	hi int64
	lo uint64
}

const million = 1_000_000

// micros is the amount of n millionths.
func micros(n int64) Amount { return Amount{hi: n >> 63, lo: uint64(n)} }

// whole is the amount of n units; |n| must be below 9.2 × 10¹².
func whole(n int64) Amount { return micros(n * million) }

func (a Amount) plus(b Amount) Amount {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(uint64(a.hi), uint64(b.hi), carry)
	return Amount{hi: int64(hi), lo: lo}
}

func (a Amount) minus(b Amount) Amount {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(uint64(a.hi), uint64(b.hi), borrow)
	return Amount{hi: int64(hi), lo: lo}
}

func (a Amount) less(b Amount) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

func (a Amount) isZero() bool { return a == Amount{} }

// big is the number of millionths.
func (a Amount) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(a.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(a.lo))
}

// String writes the number as ClickHouse does: "12", "-0.5".
func (a Amount) String() string { return string(a.append(nil)) }

func (a Amount) append(out []byte) []byte {
	if n, fits := a.short(); fits {
		return appendDecimal(out, n)
	}
	return append(out, decimalText(a.big())...)
}

// short is the number of millionths if it fits 64 bits, as nearly all do.
func (a Amount) short() (int64, bool) { return int64(a.lo), a.hi == int64(a.lo)>>63 }

// appendDecimal writes a number of millionths without needless zeros.
func appendDecimal(out []byte, millionths int64) []byte {
	whole, rest := millionths/million, millionths%million
	if millionths < 0 {
		if whole == 0 {
			out = append(out, '-')
		}
		rest = -rest
	}
	out = strconv.AppendInt(out, whole, 10)
	if rest == 0 {
		return out
	}
	out = append(out, '.')
	for unit := int64(million / 10); rest > 0; unit /= 10 {
		out = append(out, byte('0'+rest/unit))
		rest %= unit
	}
	return out
}

// decimalText writes a number of millionths without needless zeros.
func decimalText(millionths *big.Int) string {
	whole, rest := new(big.Int).QuoRem(new(big.Int).Abs(millionths), big.NewInt(million), new(big.Int))
	s := whole.String()
	if rest.Sign() != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%06d", rest.Uint64()), "0")
	}
	if millionths.Sign() < 0 {
		return "-" + s
	}
	return s
}

// appendQuotient writes a × times ÷ b, cut (not rounded) after the sixth decimal. times must be positive and b not be 0.
func appendQuotient(out []byte, a Amount, times int64, b Amount) []byte {
	if n, fits := a.short(); fits {
		if by, fits := b.short(); fits {
			if q, fits := quotient64(n, times*million, by); fits {
				return appendDecimal(out, q)
			}
		}
	}
	n := a.big()
	n.Mul(n, big.NewInt(times)).Mul(n, big.NewInt(million))
	return append(out, decimalText(n.Quo(n, b.big()))...) // Quo cuts toward zero
}

// quotient64 is n × times ÷ by, cut toward zero, if that fits 64 bits.
func quotient64(n, times, by int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(n), uint64(times))
	divisor := magnitude(by)
	if hi >= divisor {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, divisor)
	if q > math.MaxInt64 {
		return 0, false
	}
	if (n < 0) != (by < 0) {
		return -int64(q), true
	}
	return int64(q), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Version is the sum of versions of a cell's rows: revision × 2⁶⁴ + sequence each.
type Version struct{ hi, lo uint64 }

func (v Version) plus(revision uint32, seq uint64) Version {
	lo, carry := bits.Add64(v.lo, seq, 0)
	return Version{hi: v.hi + uint64(revision) + carry, lo: lo}
}

// String writes the number as ClickHouse's UInt128.
func (v Version) String() string {
	if v.hi == 0 {
		return strconv.FormatUint(v.lo, 10)
	}
	n := new(big.Int).Lsh(new(big.Int).SetUint64(v.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(v.lo)).String()
}
