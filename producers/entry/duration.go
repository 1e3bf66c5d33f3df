package entry

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"vitrine/schemas"
)

var (
	hoursPattern   = regexp.MustCompile(`^([0-9]{1,3})(?:h|:)([0-9]{2})(?:min|mn)?$`)
	decimalPattern = regexp.MustCompile(`^([0-9]{1,4})(?:[.,]([0-9]{1,2}))?(h|hours?|heures?|min|mn|minutes?)$`)
)

// ReadDuration reads how long something lasted: 2h30, 2:30, 2 h, 1,5 h, 90 min; to the minute or in
// hundredths of an hour. A bare number is refused: hours and minutes can't be told apart. The error is an *[Error].
func ReadDuration(text string) (time.Duration, error) {
	s := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
	if m := hoursPattern.FindStringSubmatch(s); m != nil && number(m[2]) < 60 {
		return time.Duration(number(m[1]))*time.Hour + time.Duration(number(m[2]))*time.Minute, nil
	}
	if m := decimalPattern.FindStringSubmatch(s); m != nil {
		unit := time.Hour
		if strings.HasPrefix(m[3], "m") {
			unit = time.Minute
		}
		hundredths := number((m[2] + "00")[:2])
		return time.Duration(number(m[1]))*unit + time.Duration(hundredths)*unit/100, nil
	}
	return 0, fail(schemas.CodeFormat, text, "une durée, par exemple 2h30 ou 90 min", "a duration, such as 2h30 or 90 min")
}
