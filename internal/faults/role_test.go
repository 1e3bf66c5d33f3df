package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"vitrine/internal/chd"
	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
)

// This test program plays the two servers as well, each in a process of its own.
const (
	roleVariable  = "VITRINE_FAULTS_ROLE"  // nats or clickhouse
	dirVariable   = "VITRINE_FAULTS_DIR"   // data folder
	tmpfsVariable = "VITRINE_FAULTS_TMPFS" // size of a tmpfs to keep it on, e.g. 64m; empty: none

	roleNATS       = "nats"
	roleClickHouse = "clickhouse"
	roleMount      = "mount" // only mounts its tmpfs and fills it
)

// server is what both engines are.
type server interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
	URL() string
}

// playRole runs a server until SIGTERM, or until standard input ends, as it does when the suite is gone.
// Standard input takes commands, standard output tells: "url URL", then "done" or "error …" per command.
func playRole(role string) int {
	dir := os.Getenv(dirVariable)
	if size := os.Getenv(tmpfsVariable); size != "" {
		if err := mountTmpfs(dir, size); err != nil {
			fmt.Println("error", err)
			return 1
		}
	}
	if role == roleMount {
		if err := fill(filepath.Join(dir, "ballast")); err != nil {
			fmt.Println("error", err)
			return 1
		}
		return 0
	}
	s, err := newServer(role, filepath.Join(dir, role))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	go func() {
		select {
		case <-s.Ready():
			fmt.Println("url", s.URL())
		case <-ctx.Done():
		}
	}()
	go func() {
		defer cancel()
		obey(dir)
	}()
	if err := s.Run(ctx); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

func newServer(role, dir string) (server, error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	switch role {
	case roleNATS:
		return natsd.New(natsd.Config{Dir: dir, Port: natsd.AnyPort, Logger: logger})
	case roleClickHouse:
		return chd.New(chd.Config{Dir: dir, Addr: "127.0.0.1:0", Engine: os.Getenv(testkit.EngineVariable), MaxMemory: 3 << 30, Logger: logger})
	}
	return nil, fmt.Errorf("no role %q", role)
}

// The commands of a server's process.
const (
	commandFill = "fill" // leave no space on its disk
	commandFree = "free" // give it back
)

func obey(dir string) {
	ballast := filepath.Join(dir, "ballast")
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		err := fmt.Errorf("no command %q", commands.Text())
		switch commands.Text() {
		case commandFill:
			err = fill(ballast)
		case commandFree:
			err = os.Remove(ballast)
		}
		if err != nil {
			fmt.Println("error", err)
			continue
		}
		fmt.Println("done")
	}
}

// fill writes until there is no space left, to the last byte.
func fill(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}
