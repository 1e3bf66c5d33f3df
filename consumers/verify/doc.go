// Package verify proves on a live system that every figure in ClickHouse is exact.
//
// [Oracle] computes all the figures anew, plainly and in memory, from the messages of the stream alone:
// it shares no code with the pipeline but the event decoder and the catalogue's parser, so that a bug in
// one shows in the other. [Verify] waits until the pipeline is at rest, feeds the oracle the whole stream,
// and compares every message, version, live event, cell and figure, the registry and the statuses with what
// ClickHouse holds.
package verify
