//go:build !failpoints

package ingest

// failpoint is where a fault suite stops a consumer dead; it does nothing but in builds tagged failpoints.
func failpoint(moment, step string) {}
