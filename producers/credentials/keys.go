package credentials

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// The files of a folder of keys. Everything but the seeds can be made again from them.
const (
	seedsFile         = "seeds.json"         // the three private keys; keep a copy, show it to nobody
	operatorFile      = "operator.jwt"       // what the server trusts
	accountFile       = "account.jwt"        // the pipeline's account, as first made
	systemAccountFile = "system-account.jwt" // the server's own account
	serviceFile       = "service.creds"      // the pipeline's user: everything in the account
	systemFile        = "system.creds"       // the user that tells the server of revocations
	serverFile        = "nats-operator.conf" // the same for a real server's configuration
)

// Keys are the private keys that NATS credentials are signed with: an operator, whom the server
// trusts, signs the accounts; the account VITRINE signs the users; the system account's user tells
// the server of revocations. Make them with [EnsureKeys] or [OpenKeys].
type Keys struct {
	dir                                    string
	operator, account, system              nkeys.KeyPair
	operatorKey, accountKey, systemKey     string // the public parts
	operatorJWT, accountJWT, systemAcctJWT string
}

// KeysError says that a folder of keys can't be used as it is.
type KeysError struct {
	Dir string
	Err error
}

func (e *KeysError) Error() string { return fmt.Sprintf("keys in %s: %v", e.Dir, e.Err) }

// Unwrap is the cause.
func (e *KeysError) Unwrap() error { return e.Err }

// ErrNoKeys says that a folder holds no keys: `vitrine up` or `vitrine lab keys` makes some.
var ErrNoKeys = errors.New("there are none (vitrine up, vitrine demo and vitrine lab keys make them)")

// seeds are the private keys, as kept in one file: none of them can be missing alone.
type seeds struct {
	Operator string `json:"operator"`
	Account  string `json:"account"`
	System   string `json:"system"`
}

// EnsureKeys opens a folder of keys, or makes new ones in it. The folder is made with mode 0700, its
// files with 0600. Its errors are *[KeysError].
func EnsureKeys(dir string) (*Keys, error) {
	k, err := OpenKeys(dir)
	if !errors.Is(err, ErrNoKeys) {
		return k, err
	}
	if err := newSeeds(dir); err != nil {
		return nil, &KeysError{dir, err}
	}
	return OpenKeys(dir)
}

// OpenKeys opens a folder of keys, and makes again what is missing of it besides the seeds. Its errors
// are *[KeysError], with [ErrNoKeys] in it where there are none.
func OpenKeys(dir string) (*Keys, error) {
	k := &Keys{dir: dir}
	if err := k.open(); err != nil {
		return nil, &KeysError{dir, err}
	}
	return k, nil
}

// newSeeds makes the private keys, unless what stands there was made from lost ones.
func newSeeds(dir string) error {
	_, operatorErr := os.Stat(filepath.Join(dir, operatorFile))
	if _, err := os.Stat(filepath.Join(dir, seedsFile)); err == nil {
		return nil // another process came first
	}
	if operatorErr == nil {
		return fmt.Errorf("%s is missing, but other files are there: bring it back from a copy; credentials made with other keys would not be accepted", seedsFile)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var s seeds
	for _, made := range []struct {
		to   *string
		pair func() (nkeys.KeyPair, error)
	}{{&s.Operator, nkeys.CreateOperator}, {&s.Account, nkeys.CreateAccount}, {&s.System, nkeys.CreateAccount}} {
		pair, err := made.pair()
		if err != nil {
			return err
		}
		seed, err := pair.Seed()
		if err != nil {
			return err
		}
		*made.to = string(seed)
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, seedsFile), append(raw, '\n')); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (k *Keys) open() error {
	raw, err := os.ReadFile(filepath.Join(k.dir, seedsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoKeys
	}
	if err != nil {
		return err
	}
	var s seeds
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("%s isn't what was written: bring it back from a copy", seedsFile) // the error might quote it
	}
	for _, p := range []struct {
		name, seed string
		prefix     nkeys.PrefixByte
		pair       *nkeys.KeyPair
		public     *string
	}{
		{"operator", s.Operator, nkeys.PrefixByteOperator, &k.operator, &k.operatorKey},
		{"account", s.Account, nkeys.PrefixByteAccount, &k.account, &k.accountKey},
		{"system", s.System, nkeys.PrefixByteAccount, &k.system, &k.systemKey},
	} {
		if prefix, _, err := nkeys.DecodeSeed([]byte(p.seed)); err != nil || prefix != p.prefix {
			return fmt.Errorf("%s: %q isn't a seed of its kind: bring it back from a copy", seedsFile, p.name)
		}
		if *p.pair, err = nkeys.FromSeed([]byte(p.seed)); err != nil {
			return err
		}
		if *p.public, err = (*p.pair).PublicKey(); err != nil {
			return err
		}
	}
	return k.derive()
}

// derive reads what was made from the seeds, and makes what is missing.
func (k *Keys) derive() error {
	for _, f := range []struct {
		name  string
		value *string
		claim func() (string, error)
	}{
		{operatorFile, &k.operatorJWT, k.operatorClaims},
		{accountFile, &k.accountJWT, k.accountClaims},
		{systemAccountFile, &k.systemAcctJWT, k.systemAccountClaims},
	} {
		raw, err := k.orMade(f.name, func() ([]byte, error) {
			token, err := f.claim()
			return []byte(token + "\n"), err
		})
		if err != nil {
			return err
		}
		claims, err := jwt.Decode(string(trim(raw)))
		if err != nil || claims.Claims().Issuer != k.operatorKey {
			return fmt.Errorf("%s wasn't made with these keys: remove it, it is made again", f.name)
		}
		*f.value = string(trim(raw))
	}
	for _, role := range Roles() {
		_, err := k.orMade(filepath.Base(k.RoleCredentials(role)), func() ([]byte, error) {
			u, err := roleUser(role)
			if err != nil {
				return nil, err
			}
			creds, _, err := issue(k.account, u)
			return creds, err
		})
		if err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		user func() ([]byte, error)
	}{
		{serviceFile, func() ([]byte, error) { creds, _, err := issue(k.account, serviceUser()); return creds, err }},
		{systemFile, func() ([]byte, error) { creds, _, err := issue(k.system, systemUser()); return creds, err }},
		{serverFile, func() ([]byte, error) { return k.serverConfig(), nil }},
	} {
		if _, err := k.orMade(f.name, f.user); err != nil {
			return err
		}
	}
	return nil
}

// orMade reads a file, and makes it first when it is missing.
func (k *Keys) orMade(name string, content func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(k.dir, name)
	raw, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return raw, err
	}
	if raw, err = content(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	err = writeNew(path, raw)
	if errors.Is(err, fs.ErrExist) { // another process came first
		return os.ReadFile(path)
	}
	return raw, err
}

// Operator is the operator's JWT, which a server is told to trust.
func (k *Keys) Operator() string { return k.operatorJWT }

// Account is the public key of the account VITRINE; the server keeps its streams under that name.
func (k *Keys) Account() string { return k.accountKey }

// SystemAccount is the public key of the server's own account.
func (k *Keys) SystemAccount() string { return k.systemKey }

// Accounts are the accounts' JWTs as first made, by public key. The server's own copy is the one that
// counts once it has one: revocations are in it.
func (k *Keys) Accounts() map[string]string {
	return map[string]string{k.accountKey: k.accountJWT, k.systemKey: k.systemAcctJWT}
}

// ServiceCredentials is the path of the pipeline's own credentials: everything in the account.
func (k *Keys) ServiceCredentials() string { return filepath.Join(k.dir, serviceFile) }

// ServerConfig is the path of what a real server's configuration includes to trust these keys.
func (k *Keys) ServerConfig() string { return filepath.Join(k.dir, serverFile) }

// systemCredentials is the path of the credentials that revocations are told with.
func (k *Keys) systemCredentials() string { return filepath.Join(k.dir, systemFile) }

// bucketKey is where the entry of a lab stands: the lab and what nobody without the keys can guess. A
// client of NATS may have its acknowledgements sent to any subject; so it could otherwise have
// the server write one over another lab's entry.
func (k *Keys) bucketKey(lab string) (string, error) {
	seed, err := k.account.Seed()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte("credentials of " + lab))
	return lab + "." + hex.EncodeToString(mac.Sum(nil)[:16]), nil
}
