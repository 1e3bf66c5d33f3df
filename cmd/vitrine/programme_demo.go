package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vitrine/cmd/internal/secret"
	"vitrine/producers/credentials"
)

// printProgrammeToken says how to get into the demo's programme pages. The token of a demo, whose programme is made up, lies
// in its data folder: it is to be shown again at the next start.
func (env *environment) printProgrammeToken(ctx context.Context, a *all, data string) error {
	path := filepath.Join(data, "programme.token")
	raw, err := os.ReadFile(path)
	if err == nil {
		env.sayProgrammeToken(a, strings.TrimSpace(string(raw)))
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("demo folder: %w", err)
	}
	issued, err := a.labs.Add(ctx, credentials.Programme)
	if errors.Is(err, credentials.ErrExists) {
		return nil // somebody made one with vitrine lab add, and knows it
	}
	if err != nil {
		return err
	}
	if err := secret.CreateFile(path, issued.Token+"\n", 0o600); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	env.sayProgrammeToken(a, issued.Token)
	return nil
}

func (env *environment) sayProgrammeToken(a *all, token string) {
	fmt.Fprintf(env.Stdout, env.say("Pages du programme : %s/programme   jeton : %s\n", "The programme's pages: %s/programme   token: %s\n"), a.web, token)
}
