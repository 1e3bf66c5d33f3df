// Package secret keeps secrets that a program makes by itself, each in a file of its own.
package secret

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Salt reads the secret in a file, and makes it where there is no file yet: 32 random bytes in
// hexadecimal. made says that it did. Whenever the process or the power goes, the file is there
// whole or not at all.
func Salt(path string) (salt []byte, made bool, err error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		return []byte(strings.TrimSpace(string(raw))), false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, says its documentation
	text := hex.EncodeToString(random)
	err = create(path, text+"\n")
	if errors.Is(err, fs.ErrExist) { // another process came first
		return Salt(path)
	}
	if err != nil {
		return nil, false, fmt.Errorf("make the secret %s: %w", path, err)
	}
	return []byte(text), true, nil
}

// create writes a file that nobody else may read, in a folder that it makes if missing.
func create(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return CreateFile(path, content, 0o600)
}

// CreateFile writes a file that isn't there yet, and never over an existing one. Whenever the process
// or the power goes, it is there whole or not at all.
func CreateFile(path, content string, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	out, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(out.Name()) }()
	_, err = out.WriteString(content)
	if err := errors.Join(err, out.Chmod(mode), out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := os.Link(out.Name(), path); err != nil { // unlike a rename it replaces nothing
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // folders can't be flushed there
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
