package schemas

import "strings"

// laPoste's SIREN: the SIRETs of its post offices don't follow Luhn; the sum of their digits is a
// multiple of 5 instead (INSEE, "Numéro SIRET").
const laPoste = "356000000"

// validSIREN says whether s is 9 digits with a right Luhn sum. Spaces must be removed before.
func validSIREN(s string) bool { return len(s) == 9 && luhn(s) }

// validSIRET says whether s is a valid SIREN and 5 more digits, all 14 with a right Luhn sum, or
// one of La Poste's establishments.
func validSIRET(s string) bool {
	if len(s) != 14 || !digits(s) {
		return false
	}
	if s[:9] == laPoste {
		sum := 0
		for _, c := range []byte(s) {
			sum += int(c - '0')
		}
		return sum%5 == 0 || luhn(s)
	}
	return validSIREN(s[:9]) && luhn(s)
}

func luhn(s string) bool {
	if !digits(s) || strings.Trim(s, "0") == "" {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// CompanyRef is what tells a company from others in the distinct counts of a programme: its SIREN
// (a SIRET's first nine digits), else the lab's own code, which means nothing at another lab.
func CompanyRef(lab string, company Values) string {
	if siren := company.Code("siren"); siren != "" {
		return siren
	}
	if siret := company.Code("siret"); siret != "" {
		return siret[:9]
	}
	return lab + ":" + company.Code("ref")
}
