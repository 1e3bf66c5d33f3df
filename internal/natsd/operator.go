package natsd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// accountsDir is the folder of the accounts' JWTs, in the store's folder.
const accountsDir = "accounts"

// legacyAccount is where a server without accounts keeps its streams.
const legacyAccount = "$G"

// Operator says whom the server trusts. Its keys are made elsewhere; no private one comes here.
type Operator struct {
	// JWT is the operator's; it names the system account. Required.
	JWT string
	// Account is the public key of the account whose streams the store holds. Streams of a server
	// that had no accounts become this one's at the first start. Required.
	Account string
	// Accounts are the accounts' JWTs as first made, by public key. The server keeps its own copies in
	// the store, which are what counts from then on: revocations are told to it. Required: Account's and the system account's.
	Accounts map[string]string
	// Sentinel is the user JWT of connections without credentials; empty: they are refused.
	Sentinel string
}

func (o *Operator) check() error {
	claims, err := jwt.DecodeOperatorClaims(o.JWT)
	if err != nil {
		return fmt.Errorf("field Operator.JWT: %w", err)
	}
	if !nkeys.IsValidPublicAccountKey(o.Account) {
		return fmt.Errorf("field Operator.Account is %q: it must be an account's public key", o.Account)
	}
	if o.Accounts[o.Account] == "" || o.Accounts[claims.SystemAccount] == "" {
		return errors.New("field Operator.Accounts lacks the JWT of Operator.Account or of the operator's system account")
	}
	return nil
}

// prepare makes the store ready for the accounts and tells the server of them.
func (o *Operator) prepare(c Config, options *natsserver.Options) error {
	claims, err := jwt.DecodeOperatorClaims(o.JWT)
	if err != nil {
		return fmt.Errorf("natsd: operator: %w", err)
	}
	if err := o.adopt(c, claims.SystemAccount); err != nil {
		return err
	}
	dir := filepath.Join(c.Dir, accountsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &StoreError{Dir: dir, Err: err}
	}
	resolver, err := natsserver.NewDirAccResolver(dir, 0, 0, natsserver.NoDelete)
	if err != nil {
		return &StoreError{Dir: dir, Err: err}
	}
	for key, token := range o.Accounts {
		if known, err := resolver.LoadAcc(key); err == nil && known != "" {
			continue
		}
		if err := resolver.Store(key, token); err != nil {
			return fmt.Errorf("natsd: account %s: %w", key, err)
		}
	}
	options.TrustedOperators = []*jwt.OperatorClaims{claims}
	options.SystemAccount = claims.SystemAccount
	options.AccountResolver = resolver
	options.DefaultSentinel = o.Sentinel
	return nil
}

// adopt gives the account the streams of a store that was used without accounts. A store that belongs
// to another account is refused: with it the server would start, empty.
func (o *Operator) adopt(c Config, system string) error {
	dir := filepath.Join(c.Dir, natsserver.JetStreamStoreDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &StoreError{Dir: dir, Err: err}
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() && (e.Name() == legacyAccount || nkeys.IsValidPublicAccountKey(e.Name())) && e.Name() != system && hasStreams(filepath.Join(dir, e.Name())) {
			found = append(found, e.Name())
		}
	}
	switch {
	case len(found) == 0, slices.Contains(found, o.Account):
		return nil
	case !slices.Contains(found, legacyAccount):
		return &ForeignStoreError{Dir: dir, Account: o.Account, Found: found}
	}
	to := filepath.Join(dir, o.Account)
	if err := os.RemoveAll(to); err != nil { // it has no streams
		return &StoreError{Dir: to, Err: err}
	}
	if err := os.Rename(filepath.Join(dir, legacyAccount), to); err != nil {
		return &StoreError{Dir: dir, Err: err}
	}
	c.Logger.Info("the streams of a server without accounts are the account's now", "account", o.Account)
	return nil
}

// hasStreams says whether an account's folder holds any stream.
func hasStreams(dir string) bool {
	streams, err := os.ReadDir(filepath.Join(dir, "streams"))
	return err == nil && len(streams) > 0
}
