package chd

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// A disk that fills while ClickHouse merges parts may leave it a merged part that it can't read, and it stays
// with that one: each statement that reads it fails, also once there is space again. The parts that it was made
// of lie beside it for some minutes (old_parts_lifetime, 8 by default). A table that is attached anew takes these
// again and sets the broken one aside.

// unreadable finds the part and its table's UUID in the engine's message.
var unreadable = regexp.MustCompile(`reading from part \S*?([^/\s]+)/ in table .*? \(([0-9a-f-]{36})\)`)

// mend takes the sources of a merged part that can't be read, if err says that it can't. Without all of them the table
// is left alone: it keeps saying that something is wrong, rather than answer without the part.
func (h *handler) mend(err error) {
	e := asException(err, h.engine.version)
	m := unreadable.FindStringSubmatch(e.Message)
	if e.Code != codeCorruptedData || m == nil || !h.mending.TryLock() { // one at a time; who met it too comes again
		return
	}
	h.active.Add(1)
	go func() {
		defer h.active.Done()
		defer h.mending.Unlock()
		table, err := h.engine.takeSources(h.stop, m[2], m[1])
		if err != nil {
			h.log.Error("a merged part can't be read", "table", table, "part", m[1], "error", err)
			return
		}
		h.log.Warn("a merged part couldn't be read: its sources are taken again", "table", table, "part", m[1])
	}()
}

// takeSources attaches a table anew if the sources of its part are all there.
func (e *engine) takeSources(ctx context.Context, uuid, part string) (table string, err error) {
	c, err := e.lib.open(e.args)
	if err != nil {
		return "", err
	}
	defer c.close()
	names, err := c.names("SELECT hex(database), hex(name) FROM system.tables WHERE uuid = '" + uuid + "'")
	if err != nil || len(names) != 2 {
		return uuid, cmp.Or(err, errors.New("the table isn't there any more"))
	}
	database, err1 := hex.DecodeString(names[0])
	name, err2 := hex.DecodeString(names[1])
	if err := errors.Join(err1, err2); err != nil {
		return uuid, err
	}
	table = quoteName(string(database)) + "." + quoteName(string(name))
	fields, err := c.names("SELECT name, active, partition_id, min_block_number, max_block_number, rows FROM system.parts" +
		" WHERE hex(database) = '" + names[0] + "' AND hex(table) = '" + names[1] + "'")
	if err != nil {
		return table, err
	}
	parts, err := parseParts(fields)
	if err != nil {
		return table, err
	}
	if !coveredBySources(parts, part) {
		return table, errors.New("the parts that it was made of are gone: make the table again")
	}
	if err := c.exec("DETACH TABLE " + table + " SYNC"); err != nil {
		return table, err
	}
	// Statements that began before may still use it, and the disk may still be full: that passes. Should the process end, the next start attaches it.
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 10*time.Millisecond, time.Second
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		err := c.exec("ATTACH TABLE " + table)
		if err != nil && asException(err, e.version).Code == codeTableAlreadyExists && !strings.Contains(err.Error(), "still used") {
			err = nil // somebody else did
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
	return table, err
}

// partInfo is a part as system.parts has it.
type partInfo struct {
	name, partition string
	active          bool
	from, to, rows  int64 // first and last block
}

func parseParts(fields []string) (parts []partInfo, err error) {
	const width = 6
	for ; len(fields) >= width; fields = fields[width:] {
		p := partInfo{name: fields[0], active: fields[1] == "1", partition: fields[2]}
		for i, to := range []*int64{&p.from, &p.to, &p.rows} {
			if *to, err = strconv.ParseInt(fields[3+i], 10, 64); err != nil {
				return nil, fmt.Errorf("list the parts: %w", err)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// coveredBySources says whether a part is active and what it was made of is still there: from its first block to its
// last, and no fewer rows.
func coveredBySources(parts []partInfo, name string) bool {
	var whole partInfo
	for _, p := range parts {
		if p.name == name && p.active {
			whole = p
		}
	}
	if whole.name == "" {
		return false
	}
	var first, last bool
	var rows int64
	for _, p := range parts {
		if p.active || p.name == name || p.partition != whole.partition || p.from < whole.from || p.to > whole.to || p.rows == 0 {
			continue
		}
		first, last, rows = first || p.from == whole.from, last || p.to == whole.to, rows+p.rows
	}
	return first && last && rows >= whole.rows
}
