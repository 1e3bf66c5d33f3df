package pages

import "strings"

// SortKey is what names are put in order by: accents and case don't count, so
// that Étang stands with Etang and not after Zinc. Enough for European names.
func SortKey(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("àáâãäåā", r):
			return 'a'
		case strings.ContainsRune("èéêëē", r):
			return 'e'
		case strings.ContainsRune("ìíîïī", r):
			return 'i'
		case strings.ContainsRune("òóôõöøō", r):
			return 'o'
		case strings.ContainsRune("ùúûüū", r):
			return 'u'
		case r == 'ç':
			return 'c'
		case r == 'ñ':
			return 'n'
		case r == 'ÿ' || r == 'ý':
			return 'y'
		case r == '’':
			return '\''
		case r == '\u0301' || r == '\u0300' || r == '\u0302' || r == '\u0308' || r == '\u0327':
			return -1 // combining accents of decomposed text
		}
		return r
	}, strings.NewReplacer("œ", "oe", "æ", "ae").Replace(strings.ToLower(name)))
}
