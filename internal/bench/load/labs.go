package load

import (
	"fmt"

	"vitrine/schemas"
)

const (
	schemasZone = schemas.DefaultZone
	parisOffset = -1 // no zone has it
)

// lab is who sends.
type lab struct {
	name   string
	zone   string
	offset int64 // in seconds; parisOffset where the clocks change
}

// newLabs are the labs; one in twenty lies overseas.
func newLabs(n int) []lab {
	overseas := []lab{{zone: "Indian/Reunion", offset: 4 * 3600}, {zone: "America/Martinique", offset: -4 * 3600}}
	labs := make([]lab, n)
	for i := range labs {
		labs[i] = lab{zone: schemasZone, offset: parisOffset}
		if i%20 == 19 {
			labs[i] = overseas[i/20%len(overseas)]
		}
		labs[i].name = fmt.Sprintf("lab-%04d", i+1)
	}
	return labs
}

// newCompanies are SIRENs: 8 digits and Luhn's check digit.
func newCompanies(n int) []string {
	all := make([]string, n)
	for i := range all {
		s := fmt.Sprintf("%08d", 30_000_000+i*7919)
		sum := 0
		for j := range len(s) {
			d := int(s[j] - '0')
			if j%2 == 1 { // the check digit is the last of nine: every second one from the right
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		all[i] = s + string(rune('0'+(10-sum%10)%10))
	}
	return all
}
