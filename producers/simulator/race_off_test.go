//go:build !race

package simulator

// thinning is how many messages the slow checks take one of.
const thinning = 1
