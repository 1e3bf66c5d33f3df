package chd

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// On a full disk this engine (26.7) goes on where a write of its own failed: it takes the part that it wrote, an INSERT's or
// a merge's, empty files and all, and says that all went well. Each statement that reads such a part fails, also once there
// is space again, and a part of which only a text file is missing is set aside at the next start. So:
//
//   - the engine is told to keep [spareRoom] free, so that it refuses to write while what it writes still fits. It doesn't look
//     before it changes a table's definition, an empty one of which it could never open again: the endpoint does;
//   - an INSERT during which the disk was full all the same is answered with an error (room.go): it is sent again;
//   - the parts that were written meanwhile are looked at, and what isn't whole is set aside (setaside.go).

const (
	// mendEvery is how often parts are looked at that were written on a full disk.
	mendEvery = time.Second
	// mendTries bounds how often a statement is run again because a part that it couldn't read was set aside.
	mendTries = 4
	// mendWait bounds how long a statement waits for a table that is away for that.
	mendWait = 5 * time.Second
)

// unreadable finds the part and its table's UUID in the engine's message.
var unreadable = regexp.MustCompile(`reading from part \S*?([^/\s]+)/ in table .*? \(([0-9a-f-]{36})\)`)

// runAgain runs a job anew that failed with err, for as long as that is because of a part that could be set aside.
func (h *handler) runAgain(ctx context.Context, q *request, j *job, rs *response, mended int64, err error) (*response, error) {
	for range mendTries {
		if err == nil || !h.mend(ctx, err, mended) || rs.committed || !j.reads || len(q.tables) > 0 {
			break
		}
		mended = h.mended.Load()
		rs = newResponse(rs.w, q, h.engine) // what was held back of the former result is dropped with it
		err = h.run(ctx, q, j, rs)
	}
	return rs, err
}

// mend sets a part aside that can't be read, if err says that it can't. It says whether the statement may be tried again; so it may
// where a table was away for that meanwhile: mended is how often that was done before the statement began.
func (h *handler) mend(ctx context.Context, err error, mended int64) bool {
	e := asException(err, h.engine.version)
	switch e.Code {
	case codeCorruptedData, codeCannotReadAll, codeChecksumMismatch:
		m := unreadable.FindStringSubmatch(e.Message)
		return m != nil && h.setAside(ctx, m[2], m[1]) == nil
	case codeUnknownTable:
		ctx, cancel := context.WithTimeout(ctx, mendWait)
		defer cancel()
		if h.beginMending(ctx) == nil { // one that is under way has ended
			h.endMending()
		}
		return h.mended.Load() != mended
	}
	return false
}

func (h *handler) beginMending(ctx context.Context) error { return enter(ctx, h.mending, mendWait) }

func (h *handler) endMending() { <-h.mending }

// setAside sets a broken part aside and logs it; nil if it is out of the way. A client that goes away doesn't stop it.
func (h *handler) setAside(ctx context.Context, uuid, part string) error {
	if err := h.beginMending(ctx); err != nil { // one at a time: for whoever met the same one, it is done then
		return err
	}
	defer h.endMending()
	table, done, err := h.engine.setAside(h.stop, h.log, uuid, part, h.room.spell())
	if done {
		h.mended.Add(1)
		h.log.Warn("a part couldn't be read and was set aside: what it was made of is taken again", "table", table, "part", part)
	}
	if err != nil {
		h.log.Error("a part can't be read", "table", table, "part", part, "error", err)
	}
	return err
}

// watchRoom looks at the disk, and at what was written while it was full, until the handler stops.
func (h *handler) watchRoom() {
	defer h.active.Done()
	looks, mends := time.NewTicker(lookEvery), time.NewTicker(mendEvery)
	defer looks.Stop()
	defer mends.Stop()
	judged := map[string]bool{}
	var mending chan struct{} // closed when the look at the parts is over
	for {
		select {
		case <-h.stop.Done():
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
				if err := h.mendWritten(full, judged); err != nil && h.stop.Err() == nil {
					h.log.Warn("couldn't look at what was written on a full disk; it is looked at again", "error", err)
				}
			}()
		}
	}
}

// mendWritten sets aside what was written in a spell and isn't whole. The spell is over when nothing more comes of it. judged are the parts
// that need no other look, by folder and by when that was written, to the second.
func (h *handler) mendWritten(full spell, judged map[string]bool) error {
	c, err := h.engine.lib.open(h.engine.args)
	if err != nil {
		return err
	}
	defer c.close()
	// What may have lost a write still runs to its end. It is asked for before the parts: what ends between the two has its part among them.
	atWork := h.room.atWork(full)
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
	var unsettled error
	for ; len(fields) >= width; fields = fields[width:] {
		uuid, part := fields[0], fields[3]
		database, err1 := hex.DecodeString(fields[1])
		name, err2 := hex.DecodeString(fields[2])
		path, err3 := hex.DecodeString(fields[4])
		if err := errors.Join(err1, err2, err3, h.stop.Err()); err != nil {
			return err
		}
		folder, err := os.Stat(string(path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		key := fmt.Sprint(string(path), folder.ModTime().UnixNano())
		if judged[key] {
			continue
		}
		whole, err := h.whole(c, quoteName(string(database))+"."+quoteName(string(name)), part, string(path))
		if err == nil && !whole {
			err = h.setAside(h.stop, uuid, part)
		}
		switch {
		case errors.Is(err, errLost): // it was logged, and stays so
			judged[key] = true
		case err != nil:
			unsettled = errors.Join(unsettled, err)
		default:
			judged[key] = whole // else its name comes again
		}
	}
	if unsettled == nil && !atWork && len(running) == 1 && running[0] == "0" && time.Since(full.to) > clockSlack {
		h.room.over(full)
	}
	return unsettled
}

// whole says whether a part's files are all there and as they were written. (The engine's own check doesn't see that some of the text files
// are empty; other files of healthy parts may be.) A part that is gone meanwhile is.
func (h *handler) whole(c *conn, table, part, path string) (bool, error) {
	empty := false
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(d.Name()) != ".txt" {
			return err
		}
		info, err := d.Info()
		empty = empty || err == nil && info.Size() == 0
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || err == nil && empty {
		return !empty, nil
	}
	if err != nil {
		return false, err
	}
	tag := newTag()
	defer h.killOnDone(h.stop, tag)()
	passed, err := c.names(tagged("CHECK TABLE "+table+" PART '"+part+"' SETTINGS check_query_single_value_result = 1", tag))
	var e *Exception
	if errors.As(err, &e) && (e.Code == codeNoSuchPart || e.Code == codeUnknownTable) {
		return true, nil
	}
	return err == nil && (len(passed) != 1 || passed[0] != "0"), err
}
