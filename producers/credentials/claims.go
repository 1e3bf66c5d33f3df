package credentials

import (
	"fmt"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"vitrine/schemas"
)

func (k *Keys) operatorClaims() (string, error) {
	c := jwt.NewOperatorClaims(k.operatorKey)
	c.Name = "vitrine"
	c.SystemAccount = k.systemKey
	return c.Encode(k.operator)
}

// accountClaims are those of the account of streams and users, without revocations.
func (k *Keys) accountClaims() (string, error) {
	c := jwt.NewAccountClaims(k.accountKey)
	c.Name = "VITRINE"
	// The server's own limits bound the store; without a limit here an account has no JetStream at all.
	c.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit,
		Streams: jwt.NoLimit, Consumer: jwt.NoLimit, MaxAckPending: jwt.NoLimit,
		MemoryMaxStreamBytes: jwt.NoLimit, DiskMaxStreamBytes: jwt.NoLimit}
	return c.Encode(k.operator)
}

func (k *Keys) systemAccountClaims() (string, error) {
	c := jwt.NewAccountClaims(k.systemKey)
	c.Name = "SYS"
	return c.Encode(k.operator)
}

// user is what a NATS user is allowed.
type user struct {
	name               string
	publish, subscribe []string // nil: everything in the account
	bearer             bool
	trusted            bool     // one of the pipeline's own: as many subscriptions as it needs
	from               []string // CIDRs; nil: anywhere
}

// labUser publishes its own lab's events and hears what is sent to its own inbox: the acknowledgements.
// No $JS.API subject is in it, so that it can neither read, look up nor administer anything.
func labUser(lab string) user {
	return user{name: lab, publish: []string{subjectsOf(lab)}, subscribe: []string{inboxPrefix(lab) + ".>"}}
}

func subjectsOf(lab string) string {
	return strings.TrimSuffix(schemas.SubjectsOfLabs, ">") + lab + ".>"
}

// programmeUser publishes the programme's own kinds, for any lab.
func programmeUser() user {
	return user{name: Programme, publish: []string{schemas.SubjectsOfProgramme}, subscribe: []string{inboxPrefix(Programme) + ".>"}}
}

// serviceUser is the pipeline itself.
func serviceUser() user { return user{name: "service"} }

// systemUser tells the server of revocations.
func systemUser() user {
	return user{name: "system", publish: []string{subjectClaimsUpdate, "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", "$SYS.REQ.ACCOUNT.*.INFO"}, subscribe: []string{"_INBOX.>"}}
}

// inboxPrefix is where a user's replies arrive. Each has its own: acknowledgements are nobody else's business.
func inboxPrefix(name string) string { return "_INBOX_" + name }

// maxUserSubscriptions is far above the one or two that a publisher needs.
const maxUserSubscriptions = 64

// issue makes a user: its credentials file, with the seed, and its public key.
func issue(account nkeys.KeyPair, u user) (creds []byte, public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", err
	}
	if public, err = pair.PublicKey(); err != nil {
		return nil, "", err
	}
	token, err := u.sign(account, public)
	if err != nil {
		return nil, "", err
	}
	seed, err := pair.Seed()
	if err != nil {
		return nil, "", err
	}
	creds, err = jwt.FormatUserConfig(token, seed)
	return creds, public, err
}

func (u user) sign(account nkeys.KeyPair, public string) (string, error) {
	c := jwt.NewUserClaims(public)
	c.Name = u.name
	c.Pub.Allow, c.Sub.Allow = u.publish, u.subscribe
	c.BearerToken, c.Src = u.bearer, u.from
	if u.publish != nil {
		// Over the ordinary protocol alone: leaf nodes and MQTT bring subjects of their own.
		c.AllowedConnectionTypes = jwt.StringList{jwt.ConnectionTypeStandard, jwt.ConnectionTypeWebsocket}
		if !u.trusted {
			c.Subs = maxUserSubscriptions
		}
	}
	vr := jwt.CreateValidationResults()
	c.Validate(vr)
	if errs := vr.Errors(); len(errs) > 0 {
		return "", fmt.Errorf("user %s: %w", u.name, errs[0])
	}
	return c.Encode(account)
}

// LocalSentinel is a user for connections without credentials from this very machine: the service's
// rights, no seed, refused from any other address. For a server that listens on loopback alone.
func (k *Keys) LocalSentinel() (string, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", err
	}
	public, err := pair.PublicKey()
	if err != nil {
		return "", err
	}
	return user{name: "local", bearer: true, from: []string{"127.0.0.0/8", "::1/128"}}.sign(k.account, public)
}

// serverConfig is what a real NATS server's configuration includes to trust these keys. Its resolver
// keeps the accounts in /data, beside the streams: revocations must outlive the server's container.
func (k *Keys) serverConfig() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by `vitrine lab keys`. No secret is in it.\noperator: %s\nsystem_account: %s\n", k.operatorJWT, k.systemKey)
	fmt.Fprint(&b, "resolver: {type: full, dir: \"/data/accounts\", allow_delete: false, interval: \"2m\"}\n")
	fmt.Fprintf(&b, "resolver_preload: {\n  %s: %s\n  %s: %s\n}\n", k.accountKey, k.accountJWT, k.systemKey, k.systemAcctJWT)
	return []byte(b.String())
}
