package chd

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// errLost is the error where something would be lost with a part, or was.
var errLost = errors.New("make the table again")

// setAside sets a part aside that can't be read, if nothing is lost without it: of a merge the parts lie beside it that it was made of,
// for some minutes (old_parts_lifetime, 8 by default), and of an INSERT while the disk was full nobody was told that it is there. A
// table that is attached anew sets aside whatever it can't read, and takes the sources again. Where something would be lost the
// table is left alone from then on: it keeps saying that something is wrong, rather than answer without the part. done says that it was
// attached anew; nothing is done if the part isn't active any more.
func (e *engine) setAside(ctx context.Context, log *slog.Logger, uuid, part string, full spell) (table string, done bool, err error) {
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
	list := func() ([]partInfo, error) {
		fields, err := c.names("SELECT name, active, partition_id, min_block_number, max_block_number, rows, toUnixTimestamp(modification_time) FROM system.parts" +
			" WHERE hex(database) = '" + names[0] + "' AND hex(table) = '" + names[1] + "'")
		if err != nil {
			return nil, err
		}
		return parseParts(fields)
	}
	parts, err := list()
	if err != nil {
		return table, false, err
	}
	switch active := slices.IndexFunc(parts, func(p partInfo) bool { return p.name == part && p.active }); {
	case active < 0:
		return table, false, nil
	case !coveredBySources(parts, part) && !insertedInVain(parts, parts[active], full):
		e.incomplete[uuid] = true
		return table, false, fmt.Errorf("the parts that it was made of are gone: %w", errLost)
	case e.incomplete[uuid]:
		return table, false, fmt.Errorf("another part of the table can't be read either: %w", errLost)
	}
	if err := e.attachAnew(ctx, c, log, table); err != nil {
		return table, false, err
	}
	after, err := list()
	if err != nil {
		return table, true, err
	}
	if missing := withoutSuccessor(parts, after, part, full); len(missing) > 0 {
		e.incomplete[uuid] = true
		return table, true, fmt.Errorf("%s couldn't be read either: %w", strings.Join(missing, ", "), errLost)
	}
	if slices.ContainsFunc(after, func(p partInfo) bool { return p.name == part && p.active }) {
		e.incomplete[uuid] = true
		return table, true, fmt.Errorf("the engine took it again: %w", errLost)
	}
	return table, true, nil
}

// attachAnew attaches a table anew. Statements that began before may still use it, and the disk may still be full: that passes. Should the
// process end, the next start attaches it.
func (e *engine) attachAnew(ctx context.Context, c *conn, log *slog.Logger, table string) error {
	if err := c.exec("DETACH TABLE " + table); err != nil {
		return err
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 10*time.Millisecond, time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := c.exec("ATTACH TABLE " + table)
		if err != nil && asException(err, e.version).Code == codeTableAlreadyExists && !strings.Contains(err.Error(), "still used") {
			err = nil // somebody else did
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, pause time.Duration) {
		if pause > time.Second/2 { // it takes a while
			log.Warn("a table can't be attached again yet", "table", table, "error", err)
		}
	}))
	return err
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
	return covered(whole, parts, func(p partInfo) bool { return !p.active && p.name != name })
}

// covered says whether the blocks of a part are in those of some others: from its first to its last, and no fewer rows.
func covered(whole partInfo, by []partInfo, counts func(partInfo) bool) bool {
	var first, last bool
	var rows int64
	for _, p := range by {
		if !counts(p) || p.partition != whole.partition || p.from < whole.from || p.to > whole.to || p.rows == 0 {
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

// withoutSuccessor are the parts that were active before a table was attached anew, but for one, and that nothing active has the blocks of:
// neither one that they were merged into since, nor what they were made of.
func withoutSuccessor(before, after []partInfo, but string, full spell) (missing []string) {
	isActive := func(p partInfo) bool { return p.active }
	for _, p := range before {
		if !p.active || p.name == but || insertedInVain(before, p, full) || covered(p, after, isActive) {
			continue
		}
		if !slices.ContainsFunc(after, func(a partInfo) bool {
			return a.active && a.partition == p.partition && a.from <= p.from && a.to >= p.to
		}) {
			missing = append(missing, p.name)
		}
	}
	return missing
}
