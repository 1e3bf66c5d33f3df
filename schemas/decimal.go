package schemas

import (
	"bytes"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// decimalScale is the number of decimals kept; ClickHouse's columns are Decimal(38, 6).
const decimalScale = 6

// Decimal is an exact number with six decimals, as the sums are made of: adding floats in another
// order gives another result. It holds about ±9.2 × 10¹². Its zero value is 0.
type Decimal struct{ micros int64 }

// Int is the decimal of a whole number; |n| must be below 9.2 × 10¹².
func Int(n int64) Decimal { return Decimal{n * 1e6} }

// Cents is the decimal of an amount in hundredths, as accounting systems keep it.
func Cents(n int64) Decimal { return Decimal{n * 1e4} }

// Micros is the decimal of a number of millionths.
func Micros(n int64) Decimal { return Decimal{n} }

// Micros is the number in millionths.
func (d Decimal) Micros() int64 { return d.micros }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return max(-1, min(1, int(d.micros>>62)|int(uint64(-d.micros)>>63))) }

// IsInt says whether d is a whole number.
func (d Decimal) IsInt() bool { return d.micros%1e6 == 0 }

// Less says whether d < o.
func (d Decimal) Less(o Decimal) bool { return d.micros < o.micros }

// Mul is d × o; ok is false if it doesn't fit, or if decimals beyond the sixth would be lost.
func (d Decimal) Mul(o Decimal) (product Decimal, ok bool) {
	if d.micros == 1e6 {
		return o, true
	}
	hi, lo := bits.Mul64(magnitude(d.micros), magnitude(o.micros))
	if hi >= 1e6 {
		return Decimal{}, false
	}
	q, r := bits.Div64(hi, lo, 1e6)
	if r != 0 || q > 1<<63-1 {
		return Decimal{}, false
	}
	if (d.micros < 0) != (o.micros < 0) {
		return Decimal{-int64(q)}, true
	}
	return Decimal{int64(q)}, true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// String writes the number plainly, without needless zeros: "12", "-0.5".
func (d Decimal) String() string {
	whole, frac := magnitude(d.micros)/1e6, magnitude(d.micros)%1e6
	s := strconv.FormatUint(whole, 10)
	if frac != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%06d", frac), "0")
	}
	if d.micros < 0 {
		return "-" + s
	}
	return s
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number of at most six decimals.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	v, err := ParseDecimal(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// UnmarshalYAML reads a YAML number, as the catalogue and agreement files hold it.
func (d *Decimal) UnmarshalYAML(b []byte) error { return d.UnmarshalJSON(bytes.TrimSpace(b)) }

// ParseDecimal reads a number in JSON's notation, exponents included, exactly: more than six
// decimals or a magnitude above 9.2 × 10¹² is an error.
func ParseDecimal(s string) (Decimal, error) {
	if n, length, ok := plainDecimal(s); ok && length == len(s) {
		return n, nil
	}
	// An exponent of a billion would make big.Rat build a number of a billion digits.
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if exp, err := strconv.Atoi(s[i+1:]); err != nil || exp > 30 || exp < -30 {
			return Decimal{}, fmt.Errorf("number %.40q is beyond range", s)
		}
	}
	if len(s) > 64 {
		return Decimal{}, fmt.Errorf("number %.40q… is too long", s)
	}
	// Before big.Rat reads it: with a binary exponent too it would build a number of a billion digits.
	if strings.ContainsAny(s, "/_xXpPbBoO") {
		return Decimal{}, fmt.Errorf("%.40q is not a number", s)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Decimal{}, fmt.Errorf("%.40q is not a number", s)
	}
	r.Mul(r, big.NewRat(1e6, 1))
	if !r.IsInt() {
		return Decimal{}, fmt.Errorf("number %.40q has more than %d decimals", s, decimalScale)
	}
	if !r.Num().IsInt64() {
		return Decimal{}, fmt.Errorf("number %.40q is beyond range", s)
	}
	return Decimal{r.Num().Int64()}, nil
}

// plainDecimal reads a number that is written plainly at the beginning of a text, as nearly all are: no exponent, at most
// twelve digits before the point and six after. It says how much of the text it took.
func plainDecimal[S string | []byte](s S) (n Decimal, length int, ok bool) {
	i, micros := 0, int64(0)
	if len(s) > 0 && s[0] == '-' {
		i = 1
	}
	whole := i
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		micros = micros*10 + int64(s[i]-'0')
		if i-whole >= 12 {
			return Decimal{}, i, false
		}
	}
	if i == whole || s[whole] == '0' && i > whole+1 {
		return Decimal{}, i, false
	}
	unit := int64(1e6)
	if i < len(s) && s[i] == '.' {
		point := i
		for i++; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
			if unit == 1 {
				return Decimal{}, i, false
			}
			micros, unit = micros*10+int64(s[i]-'0'), unit/10
		}
		if i == point+1 {
			return Decimal{}, i, false
		}
	}
	if micros *= unit; whole == 1 {
		micros = -micros
	}
	return Decimal{micros}, i, true
}
