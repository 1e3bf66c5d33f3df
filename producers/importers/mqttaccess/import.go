package mqttaccess

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Events implements [importers.Importer]: the usages of the recorded messages, if there is a file,
// of which a part lies in the range. Without one it tells only what the messages received leave to
// be said: the sessions whose stop is missing, and the usages whose time is only known roughly.
func (im *Importer) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		var err error
		if im.cfg.File != "" {
			err = im.recorded(ctx, r, yield)
		} else {
			err = im.warnings(yield)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// recorded tells the usages of a file, each in its last form, by time.
func (im *Importer) recorded(ctx context.Context, r importers.Range, yield func(*schemas.Event, error) bool) error {
	messages, errs, err := readFile(im.cfg.File)
	if err != nil {
		return err
	}
	state := inMemory{} // a file is a whole: what was received is no part of it
	var all []heard
	place := map[string]int{}
	for i, m := range messages {
		if i%1000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		h, err := im.hear(state, m.Message)
		if err != nil {
			if !importers.Continues(err) {
				return err
			}
			errs = append(errs, atLine(err, im.cfg.File, m.line))
			continue
		}
		if h.event == nil {
			continue
		}
		id := h.event.ID.String()
		if j, again := place[id]; again {
			all[j] = h
			continue
		}
		place[id] = len(all)
		all = append(all, h)
	}
	for _, err := range errs {
		if !yield(nil, err) {
			return errStopped
		}
	}
	slices.SortStableFunc(all, func(a, b heard) int { return a.start.Compare(b.start) })
	for _, h := range all {
		if !r.Overlaps(h.start, h.end) {
			continue
		}
		if !yield(h.event, nil) || h.warning != nil && !yield(nil, h.warning) {
			return errStopped
		}
	}
	return im.miss(state, yield)
}

// errStopped ends a reading whose caller has had enough.
var errStopped = errors.New("mqtt: stopped")

// warnings tells what the messages received leave to be said, once.
func (im *Importer) warnings(yield func(*schemas.Event, error) bool) error {
	im.mu.Lock()
	var records []string
	err := load(im.cfg.State, adriftKey, &records)
	if err == nil && len(records) > 0 {
		err = im.cfg.State.Put(adriftKey, nil)
	}
	im.mu.Unlock()
	if err != nil {
		return err
	}
	for _, record := range records {
		if !yield(nil, adrift(record)) {
			return errStopped
		}
	}
	return im.miss(im.cfg.State, yield)
}

// miss tells of each session that has been silent for long.
func (im *Importer) miss(state importers.State, yield func(*schemas.Event, error) bool) error {
	var ids []string
	im.mu.Lock()
	err := load(state, machinesKey, &ids)
	im.mu.Unlock()
	if err != nil {
		return err
	}
	for _, id := range ids {
		missing, err := im.missingOf(state, id)
		if err != nil {
			return err
		}
		for _, session := range missing {
			if !yield(nil, im.missed(id, session)) {
				return errStopped
			}
		}
	}
	return nil
}

func (im *Importer) missingOf(state importers.State, id string) ([]running, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	var m memory
	if err := load(state, memoryKey+id, &m); err != nil {
		return nil, err
	}
	missing := m.missing(im.cfg.Clock())
	if len(missing) == 0 {
		return nil, nil
	}
	return missing, remember(state, id, m)
}

func (im *Importer) missed(id string, r running) error {
	return &importers.Warning{Origin: System, Record: "machine " + id + ", " + r.Start.In(im.cfg.Zone).Format("2006-01-02 15:04:05"), What: schemas.Text{
		FR: fmt.Sprintf("usage commencé, dernier signe à %s, aucun arrêt reçu : il n'est pas compté. Vérifiez le contrôleur", r.Seen.In(im.cfg.Zone).Format(time.DateTime)),
		EN: fmt.Sprintf("a usage began, its last sign was at %s, and no stop came: it isn't counted. Check the controller", r.Seen.In(im.cfg.Zone).Format(time.DateTime))}}
}

// atLine says where in a file a message stands.
func atLine(err error, path string, line int) error {
	var wrong *importers.RecordError
	if !errors.As(err, &wrong) {
		return err
	}
	placed := *wrong
	placed.Origin = fmt.Sprintf("%s:%d", filepath.Base(path), line)
	return &placed
}
