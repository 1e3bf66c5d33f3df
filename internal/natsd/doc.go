// Package natsd runs a NATS server with JetStream on disk inside this process.
//
// It is the very server that runs in production, used as a library, so that an
// embedded and a clustered run differ in their addresses and in nothing else.
// Clients connect over TCP as they do to any NATS server.
package natsd
