package credentials

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writeNew writes a secret file that isn't there yet, whole or not at all, with mode 0600.
func writeNew(path string, content []byte) error {
	temporary, err := writeTemporary(path, content)
	if err != nil {
		return err
	}
	// A link and not a rename: of two processes that make keys at once, one must lose.
	return errors.Join(os.Link(temporary, path), os.Remove(temporary), syncDir(path))
}

// WriteSecret writes a file with mode 0600, whole or not at all; one that is there is replaced.
func WriteSecret(path string, content []byte) error {
	temporary, err := writeTemporary(path, content)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncDir(path)
}

// CheckSecret says beforehand whether [WriteSecret] can write a file there; where not, the error names the folder.
func CheckSecret(path string) error {
	temporary, err := writeTemporary(path, nil)
	var cause *fs.PathError
	if errors.As(err, &cause) {
		return &fs.PathError{Op: "write in", Path: filepath.Dir(path), Err: cause.Err}
	}
	if err != nil {
		return err
	}
	return os.Remove(temporary)
}

func writeTemporary(path string, content []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes the file's name survive a power cut, as its content does.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system can
	return d.Close()
}

func trim(raw []byte) []byte { return bytes.TrimSpace(raw) }
