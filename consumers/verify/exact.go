package verify

import "math/big"

// Statuses are worked out in fractions: nothing is lost before a number is cut.

func fraction(a Amount) *big.Rat { return new(big.Rat).SetFrac(a.big(), big.NewInt(million)) }

func number(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func over(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }

func plus(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }

func less(a, b *big.Rat) bool { return a.Cmp(b) < 0 }

// cut leaves out the decimals after the sixth, as every figure does.
func cut(r *big.Rat) *big.Rat {
	n := new(big.Int).Mul(r.Num(), big.NewInt(million))
	return new(big.Rat).SetFrac(n.Quo(n, r.Denom()), big.NewInt(million)) // Quo cuts toward zero
}

// rounded is r cut, and then rounded to fewer decimals, half away from 0.
func rounded(r *big.Rat, decimals int64) *big.Rat {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(decimals), nil)
	scaled := times(cut(r), new(big.Rat).SetInt(unit))
	half := big.NewRat(int64(scaled.Sign()), 2)
	scaled.Add(scaled, half)
	return new(big.Rat).SetFrac(new(big.Int).Quo(scaled.Num(), scaled.Denom()), unit)
}

// text writes a number of at most six decimals; nil is none.
func text(r *big.Rat) string {
	if r == nil {
		return ""
	}
	return decimalText(times(r, number(million)).Num())
}
