package credentials

import (
	"crypto/tls"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
)

// ConnectOptions are a connection's options for a NATS credentials file: the credentials, read anew at
// each reconnection, and the inbox that they allow replies at; and its encryption. An empty path and no
// encryption give none.
func ConnectOptions(path string, encryption *tls.Config) ([]nats.Option, error) {
	var options []nats.Option
	if encryption != nil {
		options = append(options, nats.Secure(encryption))
	}
	if path == "" {
		return options, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("NATS credentials: %w", err)
	}
	prefix, err := inboxOf(raw)
	if err != nil {
		return nil, fmt.Errorf("NATS credentials %s: %w", path, err)
	}
	options = append(options, nats.UserCredentials(path))
	if prefix != "" {
		options = append(options, nats.CustomInboxPrefix(prefix))
	}
	return options, nil
}

// MayPublish says whether a credentials file lets its holder publish on all of a subject, which may end in >. Without a file it is the
// server that decides: an empty path may.
func MayPublish(path, subject string) (bool, error) {
	if path == "" {
		return true, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("NATS credentials: %w", err)
	}
	claims, err := claimsOf(raw)
	if err != nil {
		return false, fmt.Errorf("NATS credentials %s: %w", path, err)
	}
	within := func(pattern string) bool { return jwt.Subject(subject).IsContainedIn(jwt.Subject(pattern)) }
	return (len(claims.Pub.Allow) == 0 || slices.ContainsFunc(claims.Pub.Allow, within)) && !slices.ContainsFunc(claims.Pub.Deny, within), nil
}

// MaySend says whether a credentials file lets its holder send a lab's activity; as [MayPublish].
func MaySend(path, lab string) (bool, error) { return MayPublish(path, subjectsOf(lab)) }

func claimsOf(creds []byte) (*jwt.UserClaims, error) {
	token, err := jwt.ParseDecoratedJWT(creds)
	if err != nil {
		return nil, err
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return nil, fmt.Errorf("expected a NATS user's credentials (a .creds file): %w", err)
	}
	return claims, nil
}

// inboxOf is the prefix of the replies' subjects that a credentials file allows; "" for the usual one.
func inboxOf(creds []byte) (string, error) {
	claims, err := claimsOf(creds)
	if err != nil {
		return "", err
	}
	for _, subject := range claims.Sub.Allow {
		if prefix, all := strings.CutSuffix(subject, ".>"); all && strings.HasPrefix(prefix, inboxPrefix("")) && !strings.ContainsAny(prefix, "*.> \t") {
			return prefix, nil
		}
	}
	return "", nil
}
