package verify

import (
	"testing"

	"vitrine/internal/testkit"
)

func TestMain(m *testing.M) { testkit.MainInMemory(m) }
