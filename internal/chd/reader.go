package chd

import (
	"errors"
	"fmt"
	"strings"
)

// The library knows one user alone, whatever a program calls itself. What tells readers from the service are the roles
// of that user: the service's connections have both, a reader's takes the reader's alone, and can't change it back, since
// the guard lets no SET pass.
const (
	roleService = "service"
	roleReader  = "reader"
)

const (
	// readerSeconds bounds a reader's statement.
	readerSeconds = 60
	// readerRows bounds its result; readerMemory does so in bytes.
	readerRows = 5_000_000
)

// readerMemory is what one statement of a reader may take, and how large its result may be, in bytes.
func readerMemory(cfg Config) int64 { return cfg.MaxMemory / 4 }

// readerSettings start a reader's connection. Naming the profile brings its
// constraints into force, but not its values: so they are set one by one, and
// readonly last.
func readerSettings(cfg Config) []string {
	return []string{
		"SET profile = 'analyst'",
		fmt.Sprintf("SET max_memory_usage = %d, max_execution_time = %d, max_result_rows = %d, max_result_bytes = %d",
			readerMemory(cfg), readerSeconds, readerRows, readerMemory(cfg)),
		"SET ROLE " + roleReader,
	}
}

// readerDatabase refuses to look around from within the system's databases, where a table needs no database before it.
func readerDatabase(name string) error {
	if strings.EqualFold(name, "system") || strings.EqualFold(name, "information_schema") {
		return newException(codeAccessDenied, "ACCESS_DENIED", "The user analyst doesn't work in the database %s: name its tables in full", name)
	}
	return nil
}

// readerError tells a reader in her own terms what she may not read.
func readerError(err error) error {
	var e *Exception
	if !errors.As(err, &e) || e.Code != codeAccessDenied || !strings.Contains(e.Message, "Not enough privileges") {
		return err
	}
	told := *e
	told.Message = strings.Replace(e.Message, "DB::Exception: "+UserDefault+": ", "DB::Exception: "+UserAnalyst+": ", 1)
	told.Message = strings.TrimSuffix(told.Message, "(ACCESS_DENIED)") +
		"Analysts read the relations of the contract, which SHOW TABLES lists; everything else is internal. (ACCESS_DENIED)"
	return &told
}
