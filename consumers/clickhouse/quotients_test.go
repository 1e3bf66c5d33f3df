package clickhouse_test

import (
	"testing"

	"vitrine/internal/testkit"
)

// The views divide by `/`, which multiplies by a million first and so has room for 1.7e26. An event's amount is 9.2e12 at most (schemas.Decimal), so
// that there is room for the sum of ten million million of them, or of 10¹¹ as a percentage; up to there it cuts at the sixth decimal, as divideDecimal
// does with longer numbers in between.
func TestQuotientsAreCutAtTheSixthDecimal(t *testing.T) {
	testkit.Exec(t, testkit.ClickHouse(t), `
		SELECT throwIf(n / d != divideDecimal(n, d, 6), 'a quotient differs'), throwIf(n / whole != divideDecimal(n, toDecimal128(whole, 6), 6), 'one by a whole number differs'),
		       throwIf(toTypeName(n / d) != 'Decimal(38, 6)', 'a quotient has another type')
		FROM (
		    SELECT reinterpret(toInt128(intDiv(toInt64(cityHash64(number, 'n')), toInt64(exp2(number % 60)))) * toInt128(exp10(number % 14)), 'Decimal(38, 6)') AS n,
		           reinterpret(toInt128(intDiv(toInt64(cityHash64(number, 'd')), toInt64(exp2(number % 59)))), 'Decimal(38, 6)') AS d,
		           toInt64(number % 700 + 1) AS whole
		    FROM numbers(20000)
		)
		WHERE d != 0
		FORMAT Null`)
}
