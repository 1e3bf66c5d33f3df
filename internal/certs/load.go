package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"
)

// maxFileBytes bounds a PEM file; a bundle of all the system's CAs has some 250 kB.
const maxFileBytes = 4 << 20

// FileError says which file can't be used, and why. Nothing of its content is in it.
type FileError struct {
	What string // "certificate", "private key" or "CA"
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %s: %v", e.What, e.Path, e.Err) }

// Unwrap is the cause.
func (e *FileError) Unwrap() error { return e.Err }

// content is what the files held when they were read.
type content struct {
	cert    *tls.Certificate // nil: none
	roots   *x509.CertPool   // nil: none
	expires time.Time        // of the certificate; without one, of the CA that ends first
}

func (f Files) load(now time.Time) (*content, error) {
	c := &content{}
	if f.CA != "" {
		cas, err := certificates("CA", f.CA, now)
		if err != nil {
			return nil, err
		}
		c.roots = x509.NewCertPool()
		for _, ca := range cas {
			c.roots.AddCert(ca)
			if c.expires.IsZero() || ca.NotAfter.Before(c.expires) {
				c.expires = ca.NotAfter
			}
		}
	}
	if f.Cert == "" {
		return c, nil
	}
	chain, err := certificates("certificate", f.Cert, now)
	if err != nil {
		return nil, err
	}
	key, err := read("private key", f.Key)
	if err != nil {
		return nil, err
	}
	pair, err := pairOf(chain, key)
	if err != nil {
		return nil, &FileError{"private key", f.Key, err}
	}
	c.cert, c.expires = pair, chain[0].NotAfter
	return c, nil
}

// certificates reads a file of certificates, all of which must be valid now.
func certificates(what, path string, now time.Time) ([]*x509.Certificate, error) {
	raw, err := read(what, path)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for rest := raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &FileError{what, path, fmt.Errorf("certificate no. %d in it can't be read: %w", len(all)+1, err)}
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, &FileError{what, path, errors.New(`no certificate in it: expected PEM, "-----BEGIN CERTIFICATE-----"`)}
	}
	if what == "CA" { // one that ended among several is left there while it is replaced
		if all = valid(all, now); len(all) == 0 {
			return nil, &FileError{what, path, errors.New("none of its certificates is valid now: renew it")}
		}
		return all, nil
	}
	switch leaf := all[0]; {
	case now.After(leaf.NotAfter):
		return nil, &FileError{what, path, fmt.Errorf("it expired on %s: renew it", leaf.NotAfter.UTC().Format(time.RFC3339))}
	case now.Before(leaf.NotBefore):
		return nil, &FileError{what, path, fmt.Errorf("it is valid from %s on: is this machine's clock right?", leaf.NotBefore.UTC().Format(time.RFC3339))}
	}
	return all, nil
}

func valid(all []*x509.Certificate, now time.Time) (out []*x509.Certificate) {
	for _, c := range all {
		if !now.After(c.NotAfter) && !now.Before(c.NotBefore) {
			out = append(out, c)
		}
	}
	return out
}

func pairOf(chain []*x509.Certificate, key []byte) (*tls.Certificate, error) {
	block, _ := pem.Decode(key)
	for rest := key; block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY"); { // such as EC PARAMETERS before it
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New(`no private key in it: expected PEM, "-----BEGIN PRIVATE KEY-----"`)
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
		return nil, errors.New("it is encrypted: expected one without a passphrase, in a file that only this program's user may read")
	}
	var certs bytes.Buffer
	for _, c := range chain {
		_ = pem.Encode(&certs, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer doesn't fail
	}
	pair, err := tls.X509KeyPair(certs.Bytes(), pem.EncodeToMemory(block))
	if err != nil {
		return nil, fmt.Errorf("it doesn't belong to the certificate: %w", err)
	}
	pair.Leaf = chain[0]
	return &pair, nil
}

func read(what, path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, &FileError{what, path, reason(err)}
	case info.IsDir():
		return nil, &FileError{what, path, errors.New("it is a folder: expected a PEM file")}
	case info.Size() > maxFileBytes:
		return nil, &FileError{what, path, fmt.Errorf("it has %d bytes: expected a PEM file of at most %d", info.Size(), maxFileBytes)}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, &FileError{what, path, reason(err)}
	}
	return raw, nil
}

// reason is a file error without the path, which FileError says already.
func reason(err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// open says that everybody on the machine may read a file.
func open(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0
}
