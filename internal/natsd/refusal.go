package natsd

import "strings"

// Refusal is a kind of thing that the server refuses to a client.
type Refusal string

// The refusals that [Config.OnRefusal] hears of.
const (
	// RefusedConnection: no, wrong, or revoked credentials, or from an address that they don't allow; without the
	// encryption or the certificate that is asked for.
	RefusedConnection Refusal = "connection"
	// RefusedPublish: a message to a subject that the credentials don't allow.
	RefusedPublish Refusal = "publish"
	// RefusedSubscribe: a subscription that the credentials don't allow.
	RefusedSubscribe Refusal = "subscribe"
)

// refusalIn says which refusal a message of the server's log tells; "" if none.
func refusalIn(msg string) Refusal {
	switch {
	case !strings.Contains(msg, "cid:"): // about no client
		return ""
	case strings.Contains(msg, " - Publish Violation - "):
		return RefusedPublish
	case strings.Contains(msg, " - Subscription Violation"):
		return RefusedSubscribe
	case strings.Contains(msg, " - authentication error"), strings.Contains(msg, " - TLS handshake error"):
		return RefusedConnection
	}
	return ""
}
