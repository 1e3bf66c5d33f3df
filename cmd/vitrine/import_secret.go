package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// salt reads the secret of the lab's company codes and makes it on first use: two imports must
// give a company one code. A dry run makes none, and shows codes that won't be those sent.
func (env *environment) salt(f importFlags) ([]byte, error) {
	path := f.saltFile
	if path == "" {
		own, err := env.labFile(f.lab, ".salt")
		if err != nil {
			return nil, err
		}
		path = own
	}
	raw, err := os.ReadFile(path)
	if err == nil {
		return []byte(strings.TrimSpace(string(raw))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--salt-file: %w", err)
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, says its documentation
	salt := hex.EncodeToString(secret)
	if f.dryRun {
		return []byte(salt), nil
	}
	if err := createSecret(path, salt+"\n"); err != nil {
		return nil, fmt.Errorf("--salt-file: %w", err)
	}
	fmt.Fprintf(env.Stderr, env.say("secret créé : %s. Conservez-le : sans lui, les mêmes entreprises recevraient d'autres codes.\n",
		"made the secret %s. Keep it: without it the same companies would get other codes.\n"), path)
	return []byte(salt), nil
}

// createSecret writes a file that nobody else may read, and never over an existing one.
func createSecret(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return createFile(path, content, 0o600)
}

// createFile writes a file that isn't there yet. Whenever the process or the power goes, it is there whole or not at all.
func createFile(path, content string, mode fs.FileMode) error {
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
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
