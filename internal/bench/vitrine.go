package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vitrine/internal/bench/running"
	"vitrine/schemas"
)

// runVitrine measures `vitrine consume` on an empty database, and then has `vitrine verify` say whether every figure is exact.
func (a *arena) runVitrine(ctx context.Context, _ contender) (m measurement, err error) {
	d, err := newDatabase(ctx, a.clickhouseURL, a.databaseName())
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	urls := []string{"--lang", "en", "--nats-url", a.natsURL, "--clickhouse-url", d.url()}
	if _, err := runCommand(ctx, a.vitrine, append([]string{"migrate"}, urls...)...); err != nil {
		return m, err
	}
	if !a.durable {
		if err := d.undurable(ctx); err != nil {
			return m, err
		}
	}
	addr, err := freeAddress()
	if err != nil {
		return m, err
	}
	launch := func() (*child, error) {
		return start("vitrine consume", a.vitrine, slices.Concat([]string{"consume", "--http-addr", addr}, urls, a.consume)...)
	}
	return a.drain(ctx, schemas.ConsumerDurable, launch, func(_ *child, m *measurement) error {
		if m.Steps, err = steps(ctx, "http://"+addr+"/metrics"); err != nil {
			return err
		}
		out, err := runCommand(ctx, a.vitrine, append([]string{"verify"}, urls...)...)
		if err != nil {
			return err
		}
		m.Verified = lastLine(out)
		return nil
	})
}

// runCommand runs a command of vitrine's that ends by itself. Its output is part of the error.
func runCommand(ctx context.Context, vitrine string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, vitrine, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("vitrine %s: %w\n%s", args[0], err, out)
	}
	return string(out), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// freeAddress is one that nothing listens on; somebody may take it before us, and then the run fails.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// steps are the seconds that each step of the consumer took, from its metrics.
func steps(ctx context.Context, url string) (map[string]float64, error) {
	text, err := running.Read(ctx, url)
	if err != nil {
		return nil, err
	}
	found := map[string]float64{}
	for _, m := range regexp.MustCompile(`(?m)^vitrine_consumer_step_seconds_sum\{step="([a-z_]+)"\} (\S+)`).FindAllStringSubmatch(text, -1) {
		if found[m[1]], err = strconv.ParseFloat(m[2], 64); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// cells is how many cells the consumer has recomputed.
func cells(ctx context.Context, url string) (float64, error) {
	text, err := running.Read(ctx, url)
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^vitrine_consumer_batch_cells_sum (\S+)`).FindStringSubmatch(text)
	if m == nil {
		return 0, errors.New("the consumer's metrics don't say how many cells it recomputed")
	}
	return strconv.ParseFloat(m[1], 64)
}
