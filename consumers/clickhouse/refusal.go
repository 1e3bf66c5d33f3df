package clickhouse

import (
	"errors"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Refusal is why ClickHouse takes no inserts though it answers: what an operator has to mend.
type Refusal string

// The reasons that are told apart.
const (
	RefusalDisk     Refusal = "disk full"
	RefusalParts    Refusal = "too many parts"
	RefusalMemory   Refusal = "not enough memory"
	RefusalReadOnly Refusal = "read only"
)

// refusalCodes are ClickHouse's error codes (its src/Common/ErrorCodes.cpp).
var refusalCodes = map[int32]Refusal{
	243: RefusalDisk,     // NOT_ENOUGH_SPACE
	252: RefusalParts,    // TOO_MANY_PARTS
	241: RefusalMemory,   // MEMORY_LIMIT_EXCEEDED
	173: RefusalMemory,   // CANNOT_ALLOCATE_MEMORY
	164: RefusalReadOnly, // READONLY
	242: RefusalReadOnly, // TABLE_IS_READ_ONLY
}

// RefusalOf says whether an error of a Store's means that ClickHouse refuses, and why.
func RefusalOf(err error) (Refusal, bool) {
	var e *clickhouse.Exception
	if !errors.As(err, &e) {
		return "", false
	}
	// A write that failed is told by several codes; ENOSPC's text is in all of them.
	if strings.Contains(e.Message, "No space left on device") {
		return RefusalDisk, true
	}
	refusal, refused := refusalCodes[e.Code]
	return refusal, refused
}
