package certs_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/internal/certs"
	"vitrine/internal/testkit"
)

var ( // never changed
	later  = time.Now().Add(12 * time.Hour)
	before = time.Now().Add(-time.Hour)
)

// TestFilesThatCantBeUsed: the error names the file, what is wrong with it, and nothing of a key.
func TestFilesThatCantBeUsed(t *testing.T) {
	ca := testkit.NewCA(t)
	good, key := ca.Issue(t, "good", later, "localhost")
	expired, expiredKey := ca.Issue(t, "expired", before, "localhost")
	early, earlyKey := ca.Issue(t, "early", time.Now().Add(50*time.Hour), "localhost")
	_, strange := ca.Issue(t, "strange", later, "localhost")
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files certs.Files
		says  []string
	}{
		"missing":          {certs.Files{Cert: "/nowhere/a.pem", Key: key}, []string{"certificate /nowhere/a.pem", "no such file"}},
		"folder":           {certs.Files{Cert: filepath.Dir(good), Key: key}, []string{"certificate " + filepath.Dir(good), "it is a folder"}},
		"not PEM":          {certs.Files{Cert: file("a.pem", "hello"), Key: key}, []string{"a.pem", "no certificate in it", "BEGIN CERTIFICATE"}},
		"key as cert":      {certs.Files{Cert: key, Key: key}, []string{key, "no certificate in it"}},
		"broken":           {certs.Files{Cert: file("b.pem", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), Key: key}, []string{"b.pem", "no. 1", "can't be read"}},
		"expired":          {certs.Files{Cert: expired, Key: expiredKey}, []string{expired, "expired on", "renew"}},
		"not yet":          {certs.Files{Cert: early, Key: earlyKey}, []string{early, "valid from", "clock"}},
		"another's key":    {certs.Files{Cert: good, Key: strange}, []string{"private key " + strange, "doesn't belong to the certificate"}},
		"cert as key":      {certs.Files{Cert: good, Key: good}, []string{"private key " + good, "no private key in it"}},
		"encrypted key":    {certs.Files{Cert: good, Key: file("c.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n")}, []string{"c.key", "passphrase"}},
		"broken key":       {certs.Files{Cert: good, Key: file("d.key", strings.Replace(string(secret), "M", "N", 1))}, []string{"d.key"}},
		"CA not PEM":       {certs.Files{CA: file("ca.pem", "x")}, []string{"CA ", "ca.pem", "no certificate in it"}},
		"CA expired":       {certs.Files{CA: expired}, []string{"CA " + expired, "none of its certificates is valid"}},
		"without key":      {certs.Files{Cert: good}, []string{"name both files or neither"}},
		"without cert":     {certs.Files{Key: key}, []string{"name both files or neither"}},
		"enormous":         {certs.Files{CA: file("big.pem", strings.Repeat("x", 5<<20))}, []string{"big.pem", "at most"}},
		"server without":   {certs.Files{CA: ca.File}, []string{"a server needs a certificate"}},
		"unreadable (dev)": {certs.Files{Cert: "/proc/self/mem", Key: key}, []string{"/proc/self/mem"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := certs.New(certs.Config{Files: c.files, Use: "test", Server: name == "server without"})
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q doesn't say %q", err, want)
				}
			}
			if body := strings.Split(string(secret), "\n")[1]; strings.Contains(err.Error(), body) {
				t.Errorf("%q quotes a private key", err)
			}
			var wrong *certs.FileError
			if !errors.As(err, &wrong) && !strings.Contains(err.Error(), "files") {
				t.Errorf("%T isn't a FileError", err)
			}
		})
	}
}

func TestKeyThatEverybodyMayReadIsTold(t *testing.T) {
	cert, key := testkit.NewCA(t).Issue(t, "server", later, "localhost")
	var log bytes.Buffer
	load := func() string {
		log.Reset()
		if _, err := certs.New(certs.Config{Files: certs.Files{Cert: cert, Key: key}, Use: "test", Logger: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
			t.Fatal(err)
		}
		return log.String()
	}
	if said := load(); said != "" {
		t.Errorf("said of a key with mode 0600: %s", said)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if said := load(); !strings.Contains(said, key) || !strings.Contains(said, "everybody") {
		t.Errorf("said of a key with mode 0644: %q", said)
	}
}

// FuzzFiles: whatever stands in the files, it is refused with a FileError or can be used, and nothing breaks.
func FuzzFiles(f *testing.F) {
	cert, key := testkit.NewCA(f).Issue(f, "server", later, "localhost")
	c, err := os.ReadFile(cert)
	if err != nil {
		f.Fatal(err)
	}
	k, err := os.ReadFile(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c, k)
	f.Add(k, c)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte{}, []byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		files := certs.Files{CA: filepath.Join(dir, "ca"), Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
		for path, content := range map[string][]byte{files.CA: cert, files.Cert: cert, files.Key: key} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := certs.New(certs.Config{Files: files, Use: "test", Server: true})
		if err != nil {
			if wrong := new(certs.FileError); !errors.As(err, &wrong) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if m.Expires().Before(time.Now()) {
			t.Fatal("an expired certificate is used")
		}
	})
}
