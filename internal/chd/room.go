package chd

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
)

const (
	// spareRoom is what the engine leaves free on the disk, in bytes: with less it refuses to write. Others may fill it.
	spareRoom = 64 << 20
	// scarceRoom is how little is left when writes may have failed. The engine wouldn't have begun one.
	scarceRoom = spareRoom / 4
	// lookEvery is how often the disk is looked at, beside the look after each INSERT: one that fills and is free again
	// between two looks isn't seen.
	lookEvery = 50 * time.Millisecond
	// mendEvery is how often parts are looked at that were written on a full disk.
	mendEvery = time.Second
	// clockSlack is added to both ends of the time in which a disk was full: the engine notes when a part was written in whole seconds.
	clockSlack = 2 * time.Second
)

// room is what the disk of the data has left.
type room struct {
	dir string

	mu   sync.Mutex
	full spell
}

// spell is a time in which there was too little room, ending with the last look that found so; zero if there was none.
type spell struct{ from, to time.Time }

// covers says whether something may have been written in it.
func (s spell) covers(t time.Time) bool {
	return !s.from.IsZero() && !t.Before(s.from.Add(-clockSlack)) && !t.After(s.to.Add(clockSlack))
}

// look measures, and notes if there is too little.
func (r *room) look() {
	use, err := disk.Usage(r.dir)
	if err != nil || use.Free >= scarceRoom { // what can't be measured can't be told
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full.to = time.Now()
	if r.full.from.IsZero() {
		r.full.from = r.full.to
	}
}

func (r *room) spell() spell {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full
}

// over forgets a spell unless it went on.
func (r *room) over(s spell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full == s {
		r.full = spell{}
	}
}

// wrote looks after an INSERT that began at a time, and gives the engine's error for it if the disk was full meanwhile.
func (r *room) wrote(began time.Time) error {
	r.look()
	if r.spell().to.Before(began) {
		return nil
	}
	return newException(codeNotEnoughSpace, "NOT_ENOUGH_SPACE", "The disk became full while this was written: it may be there in part; send it again")
}

// watchRoom looks at the disk, and at what was written while it was full, until ctx is done.
func (h *handler) watchRoom(ctx context.Context) {
	defer h.active.Done()
	looks, mends := time.NewTicker(lookEvery), time.NewTicker(mendEvery)
	defer looks.Stop()
	defer mends.Stop()
	tried := map[string]bool{} // parts that need no second try
	var mending chan struct{}  // closed when the look at the parts is over
	for {
		select {
		case <-ctx.Done():
			if mending != nil {
				<-mending
			}
			return
		case <-looks.C:
			h.room.look()
		case <-mending:
			mending = nil
		case <-mends.C:
			full := h.room.spell()
			if full.from.IsZero() || mending != nil {
				continue
			}
			mending = make(chan struct{})
			go func() {
				defer close(mending)
				if err := h.mendWritten(full, tried); err != nil {
					h.log.Warn("couldn't look at what was written on a full disk; it is looked at again", "error", err)
				}
			}()
		}
	}
}

// mendWritten sets aside what was written in a spell and isn't whole. The spell is over when nothing more comes of it.
func (h *handler) mendWritten(full spell, tried map[string]bool) error {
	c, err := h.engine.lib.open(h.engine.args)
	if err != nil {
		return err
	}
	defer c.close()
	// A merge that lost a write still runs to its end.
	running, err := c.names("SELECT count() FROM system.merges WHERE toUnixTimestamp(now()) - elapsed <= " + fmt.Sprint(full.to.Add(clockSlack).Unix()))
	if err != nil {
		return err
	}
	const width = 5
	fields, err := c.names("SELECT toString(t.uuid), hex(p.database), hex(p.table), p.name, hex(p.path) FROM system.parts AS p" +
		" INNER JOIN system.tables AS t ON t.database = p.database AND t.name = p.table" +
		" WHERE p.active AND p.modification_time >= toDateTime(" + fmt.Sprint(full.from.Add(-clockSlack).Unix()) + ")")
	if err != nil {
		return err
	}
	for ; len(fields) >= width; fields = fields[width:] {
		uuid, part := fields[0], fields[3]
		database, err1 := hex.DecodeString(fields[1])
		name, err2 := hex.DecodeString(fields[2])
		path, err3 := hex.DecodeString(fields[4])
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if tried[uuid+part] || whole(c, quoteName(string(database))+"."+quoteName(string(name)), part, string(path)) {
			continue
		}
		tried[uuid+part] = true
		_ = h.setAside(uuid, part) // it is logged
	}
	if len(running) == 1 && running[0] == "0" && time.Since(full.to) > clockSlack {
		h.room.over(full)
		clear(tried)
	}
	return nil
}

// whole says whether a part's files are all there and as they were written. A part that is gone meanwhile is.
func whole(c *conn, table, part, path string) bool {
	empty := false
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() == 0 {
			empty = true
		}
		return err
	})
	if err != nil {
		return true
	}
	if empty {
		return false
	}
	passed, err := c.names("CHECK TABLE " + table + " PART '" + part + "' SETTINGS check_query_single_value_result = 1")
	return err != nil || len(passed) != 1 || passed[0] != "0"
}
