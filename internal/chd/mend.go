package chd

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// On a full disk this engine (26.7) goes on where a write of its own failed: it takes the part that it wrote, an INSERT's or
// a merge's, empty files and all, and says that all went well. Each statement that reads such a part fails, also once there
// is space again, and a part of which only the checksums are missing is set aside at the next start. So:
//
//   - the engine is told to keep [spareRoom] free, so that it refuses to write while what it writes still fits;
//   - an INSERT during which the disk was full all the same is answered with an error (room.go): it is sent again;
//   - the parts that were written meanwhile are looked at, and what isn't whole is set aside: of a merge the parts
//     lie beside it that it was made of, for some minutes (old_parts_lifetime, 8 by default), and of an INSERT
//     nobody was told that it is there. A table that is attached anew does both.

// unreadable finds the part and its table's UUID in the engine's message.
var unreadable = regexp.MustCompile(`reading from part \S*?([^/\s]+)/ in table .*? \(([0-9a-f-]{36})\)`)

// mend sets a part aside that can't be read, if err says that it can't. It says whether the statement may be tried again; so it may
// where a table was away for that meanwhile: mended is how often that was done before the statement began. Where something would
// be lost the table is left alone: it keeps saying that something is wrong, rather than answer without the part.
func (h *handler) mend(err error, mended int64) bool {
	e := asException(err, h.engine.version)
	switch e.Code {
	case codeCorruptedData:
		m := unreadable.FindStringSubmatch(e.Message)
		return m != nil && h.setAside(m[2], m[1]) == nil
	case codeUnknownTable:
		h.mending.Lock() // until one that is under way has ended
		defer h.mending.Unlock()
		return h.mended.Load() != mended
	}
	return false
}

// setAside sets a broken part aside and logs it; nil if it is out of the way.
func (h *handler) setAside(uuid, part string) error {
	h.mending.Lock() // one at a time: for whoever met the same one, it is done then
	defer h.mending.Unlock()
	table, done, err := h.engine.setAside(h.stop, uuid, part, h.room.spell())
	switch {
	case err != nil:
		h.log.Error("a part can't be read", "table", table, "part", part, "error", err)
	case done:
		h.mended.Add(1)
		h.log.Warn("a part couldn't be read and was set aside: what it was made of is taken again", "table", table, "part", part)
	}
	return err
}

// setAside attaches a table anew if nothing is lost without its part. It does nothing if the part isn't active any more.
func (e *engine) setAside(ctx context.Context, uuid, part string, full spell) (table string, done bool, err error) {
	c, err := e.lib.open(e.args)
	if err != nil {
		return "", false, err
	}
	defer c.close()
	names, err := c.names("SELECT hex(database), hex(name) FROM system.tables WHERE uuid = '" + uuid + "'")
	if err != nil || len(names) != 2 {
		return uuid, false, cmp.Or(err, errors.New("the table isn't there any more"))
	}
	database, err1 := hex.DecodeString(names[0])
	name, err2 := hex.DecodeString(names[1])
	if err := errors.Join(err1, err2); err != nil {
		return uuid, false, err
	}
	table = quoteName(string(database)) + "." + quoteName(string(name))
	fields, err := c.names("SELECT name, active, partition_id, min_block_number, max_block_number, rows, toUnixTimestamp(modification_time) FROM system.parts" +
		" WHERE hex(database) = '" + names[0] + "' AND hex(table) = '" + names[1] + "'")
	if err != nil {
		return table, false, err
	}
	parts, err := parseParts(fields)
	if err != nil {
		return table, false, err
	}
	switch active := slices.IndexFunc(parts, func(p partInfo) bool { return p.name == part && p.active }); {
	case active < 0:
		return table, false, nil
	case !coveredBySources(parts, part) && !insertedInVain(parts, parts[active], full):
		return table, false, errors.New("the parts that it was made of are gone: make the table again")
	}
	if err := c.exec("DETACH TABLE " + table + " SYNC"); err != nil {
		return table, false, err
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
	return table, err == nil, err
}

// partInfo is a part as system.parts has it.
type partInfo struct {
	name, partition string
	active          bool
	from, to, rows  int64 // first and last block
	modified        int64 // Unix time in seconds
}

func parseParts(fields []string) (parts []partInfo, err error) {
	const width = 7
	for ; len(fields) >= width; fields = fields[width:] {
		p := partInfo{name: fields[0], active: fields[1] == "1", partition: fields[2]}
		for i, to := range []*int64{&p.from, &p.to, &p.rows, &p.modified} {
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

// insertedInVain says whether a part is what an INSERT wrote while the disk was full, which was answered with an error: it is
// of one block, and nothing is left of what it may have been made of.
func insertedInVain(parts []partInfo, part partInfo, full spell) bool {
	for _, p := range parts {
		if p.name != part.name && p.partition == part.partition && p.from <= part.to && p.to >= part.from {
			return false
		}
	}
	return part.from == part.to && full.covers(time.Unix(part.modified, 0))
}
