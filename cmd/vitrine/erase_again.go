package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/uuid"

	"vitrine/consumers/backup"
	"vitrine/consumers/erasure"
)

// longestErasure bounds a line of a file of erasures, in bytes.
const longestErasure = 64 << 10

// readErasures reads what `vitrine erase list --json` printed; "" is none.
func readErasures(path string) ([]erasure.Entry, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--erasures: %w", err)}
	}
	defer func() { _ = f.Close() }()
	var out []erasure.Entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, longestErasure)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		e, err := erasure.Decode(lines.Bytes())
		if err != nil {
			return nil, usageError{fmt.Errorf("--erasures %s, line %d: %w", path, n, err)}
		}
		out = append(out, e)
	}
	return out, lines.Err()
}

// eraseAgain erases what a backup brought back: what the trace in the stream says, which an engine's backup may be older than,
// and what a file says that the trace doesn't. Credentials of those labs come from before, and are withdrawn again. Nobody else may write figures meanwhile.
func (env *environment) eraseAgain(ctx context.Context, s *services, r restoration, m *backup.Manifest, since []erasure.Entry) error {
	told, err := erasure.List(ctx, s.js)
	if err != nil {
		return err
	}
	known := map[uuid.UUID]bool{}
	for _, e := range told {
		known[e.ID] = true
	}
	eraser, err := env.eraser(s, nil)
	if err != nil {
		return err
	}
	for _, e := range since {
		if known[e.ID] {
			continue
		}
		if e.What == erasure.WhatLab && r.data != "" {
			if err := env.withdraw(ctx, &labFlags{data: r.data, keys: r.keys}, e.Lab); err != nil {
				return err
			}
		}
		told = append(told, e)
	}
	for _, e := range told {
		if known[e.ID] && e.Ended != nil && e.Ended.Before(m.Began) {
			continue // the backup is without it
		}
		env.printErasure(e)
		if _, err := eraser.Again(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// erased is what was erased of an installation.
type erased struct {
	entries []erasure.Entry
	open    int // erasures that were interrupted
	left    int // messages that are there and shouldn't
}

// problem is an error if something that is to be erased is still there.
func (e erased) problem() error {
	if e.open+e.left == 0 {
		return nil
	}
	return errors.New("an erasure isn't finished: give vitrine erase again")
}

func (env *environment) erased(ctx context.Context) (out erased, err error) {
	s, err := env.connect(ctx)
	if err != nil {
		return out, err
	}
	defer s.close()
	if out.entries, err = erasure.List(ctx, s.js); err != nil {
		return out, err
	}
	for _, e := range out.entries {
		if e.Ended == nil {
			out.open++
		}
		n, err := erasure.Left(ctx, s.js, e)
		if err != nil {
			return out, err
		}
		out.left += n
	}
	return out, nil
}

func (env *environment) printErased(e erased) {
	if len(e.entries) == 0 {
		return
	}
	fmt.Fprintf(env.Stdout, env.say("effacements : %d, dont inachevés %d ; messages encore là : %d\n", "erasures: %d, of which not finished %d; messages still there: %d\n"), len(e.entries), e.open, e.left)
	for _, each := range e.entries {
		env.printErasure(each)
	}
}
