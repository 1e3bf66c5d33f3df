package chd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// attachTables makes the request's external tables temporary tables of the
// connection, where the statement finds them by their names. Each connection
// has its own; they go when it is closed.
func attachTables(c *conn, e *engine, tables []externalTable) error {
	for _, t := range tables {
		create := fmt.Sprintf("CREATE TEMPORARY TABLE %s (%s) ENGINE = Memory", quoteName(t.name), t.structure)
		st := parseStatement(create)
		if err := checkStructure(t); err != nil {
			return err
		}
		if err := e.check(st, false); err != nil {
			return err
		}
		if err := e.guard.checkFormat(t.format); err != nil {
			return err
		}
		if err := c.exec(st.text); err != nil {
			return err
		}
		if t.empty() {
			continue
		}
		if _, err := insertData(c, "INSERT INTO "+quoteName(t.name), t.format, nil, bytes.NewReader(t.data)); err != nil {
			return fmt.Errorf("external table %s: %w", t.name, err)
		}
	}
	return nil
}

// empty tells whether the data holds no row for sure. In a Native block without
// rows clickhouse-go writes what only rows may be followed by, so that such a
// block can't be read where a column is LowCardinality.
func (t externalTable) empty() bool {
	if len(t.data) == 0 {
		return true
	}
	if !strings.EqualFold(t.format, "Native") {
		return false
	}
	_, n := binary.Uvarint(t.data) // columns
	if n <= 0 {
		return false
	}
	rows, m := binary.Uvarint(t.data[n:])
	return m > 0 && rows == 0
}

// checkStructure refuses a structure that would close the list of columns and
// go on with clauses of its own.
func checkStructure(t externalTable) error {
	depth := 0
	l := &lexer{src: t.structure}
	for {
		tok, ok := l.next()
		if !ok {
			break
		}
		switch {
		case tok.is("("):
			depth++
		case tok.is(")"):
			depth--
		}
		if depth < 0 || tok.is(";") {
			return newException(codeSyntaxError, "SYNTAX_ERROR", "The structure of external table %s isn't a list of columns", t.name)
		}
	}
	if depth != 0 || l.broken || len(l.comments) > 0 {
		return newException(codeSyntaxError, "SYNTAX_ERROR", "The structure of external table %s isn't a list of columns", t.name)
	}
	return nil
}
