package faults

import (
	"flag"
	"os"
	"testing"
)

// The suite's own flags.
const (
	flagLong   = "long"   // the long form
	flagReport = "report" // file for the long form's table, in Markdown
	flagOnly   = "only"   // regular expression of the scenarios to run
	flagSeed   = "seed"   // of everything that is random
	flagShare  = "share"  // of the long form's rounds and events, to try something quickly
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(playRole(role))
	}
	flag.Bool(flagLong, false, "run the long form: at least 200 kills over a million events")
	flag.String(flagReport, "", "write the table to this file")
	flag.String(flagOnly, "", "run only the scenarios that match")
	flag.Uint64(flagSeed, 1, "seed of events and faults")
	flag.Float64(flagShare, 1, "how much of the long form's rounds and events to run")
	os.Exit(m.Run())
}

func given[T any](name string) T { return flag.Lookup(name).Value.(flag.Getter).Get().(T) }
