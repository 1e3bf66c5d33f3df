package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"vitrine/cmd/internal/secret"
	"vitrine/producers/importers"
)

// salt reads the secret of the lab's company codes and makes it on first use: two imports must
// give a company one code. A dry run makes none, and shows codes that won't be those sent.
func (env *environment) salt(f importFlags) (salt []byte, err error) {
	path := f.saltFile
	if path == "" {
		if path, err = env.labFile(f.lab, ".salt"); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(path); f.dryRun && errors.Is(err, fs.ErrNotExist) {
		return make([]byte, importers.MinSaltBytes), nil
	}
	salt, made, err := secret.Salt(path)
	if err != nil {
		return nil, fmt.Errorf("--salt-file: %w", env.spoken(err))
	}
	if made {
		fmt.Fprintf(env.Stderr, env.say("secret créé : %s. Conservez-le : sans lui, les mêmes entreprises recevraient d'autres codes.\n",
			"made the secret %s. Keep it: without it the same companies would get other codes.\n"), path)
	}
	return salt, nil
}
