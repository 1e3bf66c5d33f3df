//go:build race

package simulator

// thinning is how many messages the slow checks take one of: the race detector makes them ten
// times slower, and it looks for races, not for invalid events.
const thinning = 20
