// Bench measures Vitrine's consumer, stream to visible figures, against the limits of its parts, plain loops without
// exactness and bento: on the same machine and the same events, one after the other in turns. docs/performance.md says more.
//
//	go run ./internal/bench -vitrine bin/vitrine [-bento bin/bento] [-events 300000] [-runs 5] …
//	go run ./internal/bench growth -vitrine bin/vitrine -data FOLDER [-stored 0,1000000,10000000] [-labs 14,1000,9999] …
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run is the harness; or, as a process that the harness starts, one of its roles.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case roleNATS:
			return runNATS(ctx, args[1:], stdout)
		case roleClickHouse:
			return runClickHouse(ctx, args[1:], stdout)
		case roleLoop:
			return runLoop(ctx, args[1:], stdout)
		case "growth":
			return runGrowth(ctx, args[1:], stdout, stderr)
		}
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	rounds, about, err := measure(ctx, o, stderr)
	if err != nil {
		return err
	}
	if err := o.save(rounds, about); err != nil {
		return err
	}
	return report(stdout, rounds, about)
}
