package natsd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// operatorKeys are an operator, an account and a system account, made for a test.
type operatorKeys struct {
	operator, account, system nkeys.KeyPair
}

func newOperatorKeys(t *testing.T) operatorKeys {
	t.Helper()
	return operatorKeys{must(t)(nkeys.CreateOperator()), must(t)(nkeys.CreateAccount()), must(t)(nkeys.CreateAccount())}
}

func must(t *testing.T) func(nkeys.KeyPair, error) nkeys.KeyPair {
	return func(pair nkeys.KeyPair, err error) nkeys.KeyPair {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
}

func public(t *testing.T, pair nkeys.KeyPair) string {
	t.Helper()
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (k operatorKeys) config(t *testing.T, sentinel string) *Operator {
	t.Helper()
	account, system := public(t, k.account), public(t, k.system)
	claims := jwt.NewOperatorClaims(public(t, k.operator))
	claims.SystemAccount = system
	o := &Operator{Account: account, Accounts: map[string]string{}, Sentinel: sentinel}
	var err error
	if o.JWT, err = claims.Encode(k.operator); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{account, system} {
		c := jwt.NewAccountClaims(key)
		if key == account {
			c.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}
		}
		if o.Accounts[key], err = c.Encode(k.operator); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// user is a connection's option for a new user of the account; bearer users need no seed.
func (k operatorKeys) user(t *testing.T, change func(*jwt.UserClaims)) (token string, option nats.Option) {
	t.Helper()
	pair := must(t)(nkeys.CreateUser())
	c := jwt.NewUserClaims(public(t, pair))
	if change != nil {
		change(c)
	}
	token, err := c.Encode(k.account)
	if err != nil {
		t.Fatal(err)
	}
	return token, nats.UserJWT(func() (string, error) { return token, nil }, pair.Sign)
}

// TestStreamsBecomeTheAccounts starts a server with accounts on the store of one without.
func TestStreamsBecomeTheAccounts(t *testing.T) {
	dir := t.TempDir()
	s, stop := run(t, Config{Dir: dir, Port: AnyPort})
	publish(t, connect(t, s.URL()), 10)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	keys := newOperatorKeys(t)
	_, user := keys.user(t, nil)
	for range 2 { // the second start finds them where the first one put them
		s, stop := run(t, Config{Dir: dir, Port: AnyPort, Operator: keys.config(t, "")})
		js := connect(t, s.URL(), user)
		if n := count(t, js); n != 10 {
			t.Errorf("%d of 10 messages", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}

	// With other keys it would serve none of them.
	others, err := New(Config{Dir: dir, Port: AnyPort, Operator: newOperatorKeys(t).config(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignStoreError
	if err := others.Run(t.Context()); !errors.As(err, &foreign) || len(foreign.Found) != 1 || foreign.Found[0] != public(t, keys.account) {
		t.Errorf("with other keys: %v", err)
	}
}

func TestCredentialsAreAskedFor(t *testing.T) {
	keys := newOperatorKeys(t)
	heard := make(chan Refusal, 100)
	s, _ := run(t, Config{Dir: t.TempDir(), Port: AnyPort, Operator: keys.config(t, ""), OnRefusal: func(r Refusal) { heard <- r }})
	awaits := func(want Refusal) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			select {
			case got := <-heard:
				if got == want {
					return
				}
			case <-deadline:
				t.Fatalf("a refused %s isn't told", want)
			}
		}
	}
	if nc, err := nats.Connect(s.URL()); err == nil {
		nc.Close()
		t.Error("let in without credentials")
	}
	awaits(RefusedConnection)
	_, foreign := newOperatorKeys(t).user(t, nil)
	if nc, err := nats.Connect(s.URL(), foreign); err == nil {
		nc.Close()
		t.Error("let in with another operator's user")
	}
	_, user := keys.user(t, func(c *jwt.UserClaims) { c.Pub.Allow.Add("a"); c.Sub.Allow.Add("b") })
	nc, err := nats.Connect(s.URL(), user, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("c", nil); err != nil {
		t.Fatal(err)
	}
	awaits(RefusedPublish)
	if _, err := nc.SubscribeSync("c"); err != nil {
		t.Fatal(err)
	}
	awaits(RefusedSubscribe)
}

func TestSentinelLetsConnectionsIn(t *testing.T) {
	keys := newOperatorKeys(t)
	for _, c := range []struct {
		from string
		in   bool
	}{{"127.0.0.0/8", true}, {"192.0.2.0/24", false}} {
		token, _ := keys.user(t, func(u *jwt.UserClaims) { u.BearerToken = true; u.Src.Add(c.from) })
		s, _ := run(t, Config{Dir: t.TempDir(), Port: AnyPort, Operator: keys.config(t, token)})
		nc, err := nats.Connect(s.URL())
		if (err == nil) != c.in {
			t.Errorf("a sentinel for %s: %v", c.from, err)
		}
		if err == nil {
			nc.Close()
			publish(t, connect(t, s.URL()), 1)
		}
	}
}

func TestOperatorConfig(t *testing.T) {
	good := newOperatorKeys(t).config(t, "")
	for name, change := range map[string]func(*Config, *Operator){
		"no JWT":         func(_ *Config, o *Operator) { o.JWT = "x" },
		"no account":     func(_ *Config, o *Operator) { o.Account = "x" },
		"no account JWT": func(_ *Config, o *Operator) { o.Accounts = nil },
		"a password too": func(c *Config, _ *Operator) { c.User, c.Password = "u", "p" },
	} {
		o := *good
		c := Config{Dir: "x", Operator: &o}
		change(&c, &o)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), "Operator") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join("x", accountsDir)); err == nil {
		t.Error("New made the folder")
	}
}
