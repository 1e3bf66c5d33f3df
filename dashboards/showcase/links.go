package showcase

import "net/url"

// outside is an address that a lab gave, if it is one of the web; else nothing: no other sort of address becomes a link.
func outside(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return u.String()
}
