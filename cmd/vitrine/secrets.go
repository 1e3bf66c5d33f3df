package main

import (
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// adviseOnSecrets warns of a secret that others on this machine can read: in a file that everybody may
// read, or in an address on the command line, which any list of processes shows.
func (env *environment) adviseOnSecrets(cmd *cobra.Command) {
	logger := env.logger()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := f.Value.String()
		if value == "" {
			return
		}
		if f.Name == "nats-creds" || strings.HasSuffix(f.Name, "-file") {
			if info, err := os.Stat(value); err == nil && info.Mode().IsRegular() && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
				logger.Warn("everybody on this machine may read a secret: chmod o-r it", "flag", "--"+f.Name, "file", value)
			}
		}
		if f.Changed && hasPassword(value) {
			logger.Warn("a list of processes shows the password on this command line: give the address in the environment or the configuration file instead, or the password in a file",
				"flag", "--"+f.Name, "variable", variable(f.Name))
		}
	})
}

// hasPassword says that one of the addresses, separated by commas, has a password in it, or a token in its place.
func hasPassword(addresses string) bool {
	for a := range strings.SplitSeq(addresses, ",") {
		if !strings.Contains(a, "://") {
			continue
		}
		u, err := url.Parse(a)
		if err != nil {
			return strings.Contains(a, "@") // nobody knows; better one warning too many
		}
		if u.User == nil {
			continue
		}
		if _, given := u.User.Password(); given || u.Scheme == "nats" || u.Scheme == "tls" {
			return true
		}
	}
	return false
}
