// Package chd serves ClickHouse's engine from inside this process: libchdb,
// loaded as a library, answers on loopback as ClickHouse's HTTP interface, so
// that clickhouse-go, curl, Grafana's plugin and the official JavaScript client
// talk to it as they do to a server.
//
//	client ──HTTP──► request ──► guard ──► pool ──► connection ──► libchdb
//	       ◄──────── response ◄─ native ◄─ stream ◄──────┘
//
// Fetch brings the library into a cache; New and Run serve it. The library
// allows one data folder per process, and so one running Server.
//
// What a ClickHouse server does and this doesn't: SQL users, roles and row
// policies, the native TCP protocol, clusters, asynchronous inserts by default
// (a client may still ask for them), and whatever reaches outside the data
// folder (see guard.go).
package chd
