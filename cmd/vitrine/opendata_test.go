package main

import (
	"strings"
	"testing"
)

func TestExportOpenDataWantsAFolder(t *testing.T) {
	t.Parallel()
	status, _, stderr := command(t, "", "nats://127.0.0.1:1", "export", "open-data")
	if status != 2 || !strings.Contains(stderr, "--out") {
		t.Errorf("%d: %s", status, stderr)
	}
}
