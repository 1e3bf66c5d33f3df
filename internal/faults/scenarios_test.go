package faults

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
)

// scenario is one sort of fault, repeated under load.
type scenario struct {
	name      string
	consumers int
	batch     int    // of each consumer
	tmpfs     bool   // the servers' disks are small
	clock     bool   // the processes' clocks can be moved
	long      amount // no rounds: not in that form
	short     amount
	// plan gives the consumers' failpoints, one per process started. It may be nil.
	plan func(rng *rand.Rand, rounds int) []string
	// script does what is done beside that, and heals it in the end. It may be nil.
	script func(r *run) error
}

// amount is how much of a scenario a form has.
type amount struct {
	rounds int
	events int
	rate   int // per second, at most
}

// times is a share of it, at least one round if it has any.
func (a amount) times(share float64) amount {
	if a.rounds == 0 {
		return a
	}
	a.rounds, a.events = max(1, int(float64(a.rounds)*share)), int(float64(a.events)*share)
	return a
}

func scenarios() []scenario {
	return []scenario{
		{name: "kill -9 at each step, 1 consumer", consumers: 1, batch: 1000, plan: eachStep,
			long: amount{rounds: 3, events: 50_000, rate: 2000}},
		{name: "kill -9 at each step, 3 consumers", consumers: 3, batch: 500, plan: eachStep,
			long: amount{rounds: 6, events: 80_000, rate: 3000}},
		{name: "kill -9 once in each step, 3 consumers", consumers: 3, batch: 500, plan: onceInEachStep,
			short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "kill -9 at random, 3 consumers", consumers: 3, batch: 1000, script: killAtRandom,
			long: amount{rounds: 60, events: 90_000, rate: 3000}},
		{name: "consumers' NATS connections cut, delayed", consumers: 2, batch: 1000, script: cutNATS,
			long: amount{rounds: 30, events: 60_000, rate: 3000}},
		{name: "acknowledgements cut off", consumers: 2, batch: 1000, script: strike(consumersNATS, acknowledgement, false),
			long: amount{rounds: 30, events: 60_000, rate: 3000}, short: amount{rounds: 1, events: 1000, rate: 1000}},
		{name: "PubAck lost", consumers: 2, batch: 2000, script: strike(publishersNATS, publishing, true),
			long: amount{rounds: 30, events: 60_000, rate: 3000}, short: amount{rounds: 2, events: 800, rate: 1000}},
		{name: "publishing cut off", consumers: 2, batch: 2000, script: strike(publishersNATS, publishing, false),
			long: amount{rounds: 30, events: 60_000, rate: 3000}},
		{name: "inserts into ClickHouse cut off", consumers: 2, batch: 1000, script: strikeStatements(false),
			long: amount{rounds: 10, events: 60_000, rate: 3000}},
		{name: "ClickHouse's reply lost after the commit", consumers: 2, batch: 1000, script: strikeStatements(true),
			long: amount{rounds: 10, events: 60_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "slow ClickHouse", consumers: 2, batch: 5000, script: slowClickHouse,
			long: amount{rounds: 3, events: 40_000, rate: 3000}},
		{name: "NATS restarted", consumers: 2, batch: 1000, script: restart(natsServer, syscall.SIGTERM),
			long: amount{rounds: 8, events: 60_000, rate: 3000}},
		{name: "NATS killed", consumers: 2, batch: 1000, script: restart(natsServer, syscall.SIGKILL),
			long: amount{rounds: 12, events: 70_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "ClickHouse restarted", consumers: 2, batch: 1000, script: restart(clickhouseServer, syscall.SIGTERM),
			long: amount{rounds: 6, events: 60_000, rate: 3000}},
		{name: "ClickHouse killed", consumers: 2, batch: 1000, script: restart(clickhouseServer, syscall.SIGKILL),
			long: amount{rounds: 12, events: 80_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 1000}},
		{name: "consumer stopped past its AckWait", consumers: 3, batch: 1000, script: stopAndContinue,
			long: amount{rounds: 10, events: 70_000, rate: 3000}, short: amount{rounds: 1, events: 2000, rate: 500}},
		{name: "everything at once", consumers: 3, batch: 1000, script: everything,
			long: amount{rounds: 60, events: 100_000, rate: 3000}},
		{name: "disk full under NATS", consumers: 2, batch: 1000, tmpfs: true, script: fillDisk(natsServer, publishingFails),
			long: amount{rounds: 4, events: 40_000, rate: 2000}, short: amount{rounds: 1, events: 1500, rate: 500}},
		{name: "disk full under ClickHouse", consumers: 2, batch: 1000, tmpfs: true, script: fillDisk(clickhouseServer, insertsFail),
			long: amount{rounds: 4, events: 40_000, rate: 2000}, short: amount{rounds: 1, events: 1500, rate: 500}},
		{name: "clocks jump by hours", consumers: 2, batch: 1000, clock: true, plan: aroundReject, script: jumpClocks,
			long: amount{rounds: 12, events: 50_000, rate: 2000}},
	}
}

// moments are where a consumer can die in each step of the commit protocol.
func moments() map[string][]string {
	all := map[string][]string{}
	for _, step := range []string{"fetch", "decide", "store", "recall", "settle", "announce", "recompute", "reject", "ack"} {
		all[step] = []string{"before", "after"}
	}
	for _, step := range []string{"reject", "ack"} {
		all[step] = append(all[step], "during")
	}
	return all
}

// failpoint is one of a moment and step, at the first times that a process gets there.
func failpoint(rng *rand.Rand, moment, step string) string {
	most := 3
	if moment == "during" && step == "ack" {
		most = 400 // messages
	}
	return fmt.Sprintf("%s:%s:%d", moment, step, 1+rng.IntN(most))
}

// eachStep visits every moment of every step, rounds times, in random order.
func eachStep(rng *rand.Rand, rounds int) []string {
	return planned(rng, rounds, func(moments []string) []string { return moments })
}

// onceInEachStep visits a random moment of every step.
func onceInEachStep(rng *rand.Rand, rounds int) []string {
	return planned(rng, rounds, func(moments []string) []string {
		i := rng.IntN(len(moments))
		return moments[i : i+1]
	})
}

// aroundReject dies wherever a rejection may be in one of its places only.
func aroundReject(rng *rand.Rand, rounds int) (plan []string) {
	for range rounds {
		plan = append(plan, failpoint(rng, []string{"during", "after"}[rng.IntN(2)], "reject"))
	}
	return plan
}

func planned(rng *rand.Rand, rounds int, choose func(moments []string) []string) (plan []string) {
	all := moments()
	for range rounds {
		for _, step := range slices.Sorted(maps.Keys(all)) {
			for _, moment := range choose(all[step]) {
				plan = append(plan, failpoint(rng, moment, step))
			}
		}
	}
	rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan
}
