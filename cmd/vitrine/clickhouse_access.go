package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"github.com/spf13/pflag"

	"vitrine/cmd/internal/secret"
	"vitrine/internal/chd"
	"vitrine/schemas"
)

// clickhouseAccess says who gets into the embedded ClickHouse.
type clickhouseAccess struct {
	requirePassword                   bool // on loopback too
	passwordFile, analystPasswordFile string
}

func (f *clickhouseAccess) bind(flags *pflag.FlagSet) {
	flags.BoolVar(&f.requirePassword, "clickhouse-require-password", false, "ask this machine's own connections for a ClickHouse password too; without it they may do everything")
	flags.StringVar(&f.passwordFile, "clickhouse-password-file", "",
		"file with the password of the embedded ClickHouse's own user, default (where one is asked for: clickhouse.password in the keys' folder, made if missing)")
	flags.StringVar(&f.analystPasswordFile, "analyst-password-file", "",
		"file with the password of the embedded ClickHouse's user analyst, who reads the contract's relations; needed beyond this machine")
}

// apply fills in who gets in, and returns the name and password that the service itself uses; nil for none. keys is
// the folder for the password that is made.
func (f *clickhouseAccess) apply(c *chd.Config, keys string) (*url.Userinfo, error) {
	for _, name := range schemas.AnalystRelations() {
		c.AnalystRelations = append(c.AnalystRelations, database+"."+name)
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, usageError{fmt.Errorf("--clickhouse-addr: %w", err)}
	}
	open := !isLoopback(host) || host == "" // without a host it listens everywhere
	if open && f.analystPasswordFile == "" {
		return nil, usageError{fmt.Errorf("--clickhouse-addr %s can be reached from other machines: --analyst-password-file is expected, a file with the password of the user analyst", c.Addr)}
	}
	if c.AnalystPassword, err = secretOf("--analyst-password-file", f.analystPasswordFile); err != nil {
		return nil, usageError{err}
	}
	if c.Password, err = f.servicePassword(open || f.requirePassword, keys); err != nil || c.Password == "" {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(c.Password), []byte(c.AnalystPassword)) == 1 {
		return nil, usageError{errors.New("--analyst-password-file and --clickhouse-password-file hold the same password: an analyst would be the service")}
	}
	return url.UserPassword(chd.UserDefault, c.Password), nil
}

// servicePassword is what the service's own connections give; "" if nobody is asked.
func (f *clickhouseAccess) servicePassword(needed bool, keys string) (string, error) {
	if f.passwordFile == "" && !needed {
		return "", nil
	}
	if f.passwordFile != "" {
		password, err := secretOf("--clickhouse-password-file", f.passwordFile)
		if err != nil {
			return "", usageError{err}
		}
		return password, nil
	}
	password, _, err := secret.Salt(filepath.Join(keys, "clickhouse.password"))
	if err == nil && len(password) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("clickhouse.password in the keys' folder: %w", err)
	}
	return string(password), nil
}

// database is the name of the database in the embedded ClickHouse.
const database = "vitrine"
