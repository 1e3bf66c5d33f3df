package natsd

import (
	"errors"
	"fmt"
	"strings"
)

// ErrStarted is returned by a second call of Run: a Server runs once.
var ErrStarted = errors.New("natsd: this server was already run; make another one with New")

// AddrInUseError says that another program listens on the server's address.
type AddrInUseError struct {
	Addr string // host:port
	Err  error  // what the system said
}

func (e *AddrInUseError) Error() string {
	return fmt.Sprintf("natsd: %s is taken by another program, perhaps another NATS server: stop it, or choose another port (%v)", e.Addr, e.Err)
}

// Unwrap returns the system's error.
func (e *AddrInUseError) Unwrap() error { return e.Err }

// LockedError says that another process uses the store's folder.
type LockedError struct {
	Dir string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("natsd: the store %s is in use by another process: stop it, or choose another data folder", e.Dir)
}

// StoreError says that the store's folder can't be created or written.
type StoreError struct {
	Dir string
	Err error
}

func (e *StoreError) Error() string {
	return fmt.Sprintf("natsd: the store %s can't be written: check its permissions and the free space (%v)", e.Dir, e.Err)
}

// Unwrap returns the system's error.
func (e *StoreError) Unwrap() error { return e.Err }

// ForeignStoreError says that the store's streams belong to another account than the one that the
// server is to serve: started with these keys, it would serve none of them.
type ForeignStoreError struct {
	Dir     string   // the folder of the accounts' streams
	Account string   // the account to serve, which has no streams there
	Found   []string // the accounts that have
}

func (e *ForeignStoreError) Error() string {
	return fmt.Sprintf("natsd: %s holds streams of %s and none of the account %s: bring back the keys that it was used with", e.Dir, strings.Join(e.Found, ", "), e.Account)
}
