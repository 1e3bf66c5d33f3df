package fabman

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// maxVanished is how many of the entries told of may be missing from a reading before that is taken
// for another account rather than for deletions.
const maxVanished = 20

func recordID(lab string, id int64) uuid.UUID {
	return schemas.RecordID(lab, System, fmt.Sprintf("resource-log/%d", id))
}

// Events implements [importers.Importer]: the finished machine sessions of which a part lies in the
// range, each whole, by time. With a state it goes on from the last committed reading that began no
// later than the range; what was told then and has been deleted since is taken back, at the end.
func (im *Importer) Events(ctx context.Context, r importers.Range) iter.Seq2[*schemas.Event, error] {
	return func(yield func(*schemas.Event, error) bool) {
		stopped := false
		err := im.read(ctx, r, func(e *schemas.Event, err error) bool {
			stopped = !yield(e, err)
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// Commit implements [importers.Resumer].
func (im *Importer) Commit(context.Context) error { return im.memory.commit() }

// read does the work of Events. It returns when tell has had enough, or with what ends the reading.
func (im *Importer) read(ctx context.Context, r importers.Range, tell func(*schemas.Event, error) bool) error {
	horizon := im.memory.plan(r, im.cfg.Clock(), im.cfg.Lookback, im.cfg.Whole)
	_, broken, err := im.equipment(ctx)
	if err != nil {
		return err
	}
	log, err := im.activity(ctx, horizon)
	if err != nil {
		return err
	}
	for _, err := range append(broken, log.broken...) {
		if !tell(nil, err) {
			return nil
		}
	}
	for _, e := range byTime(log.entries) {
		last := e.end
		if last.IsZero() {
			last = e.start
		}
		if e.start.Before(horizon) || !r.Overlaps(e.start, last) {
			continue
		}
		event, err := im.tell(ctx, e, time.Time{})
		if err != nil && !importers.Continues(err) {
			return err
		}
		if (event != nil || err != nil) && !tell(event, err) {
			return nil
		}
		if event == nil || event.Retracted {
			continue
		}
		if err := doubt(e); err != nil && im.memory.warn(*e.ID) && !tell(nil, err) {
			return nil
		}
	}
	return im.deletions(ctx, importers.Range{Since: horizon, Until: r.Until}, log.entries, tell)
}

// deletions takes back what was told, began in the range read, and is no longer in the log.
func (im *Importer) deletions(ctx context.Context, r importers.Range, found map[int64]*entry, tell func(*schemas.Event, error) bool) error {
	missing, total := im.memory.missing(r, found)
	if len(missing) > max(maxVanished, total/2) {
		tell(nil, &importers.RecordError{Origin: "resource-logs", What: schemas.Text{
			FR: fmt.Sprintf("%d des %d dernières activités ont disparu : rien n'est retiré. Est-ce la clé d'un autre compte ?", len(missing), total),
			EN: fmt.Sprintf("%d of the last %d activities have vanished: nothing is taken back. Is it another account's key?", len(missing), total)}})
		return nil
	}
	for _, id := range missing {
		was := im.memory.entry(id)
		if was.Said != saidDeleted {
			gone, err := im.deleted(ctx, id)
			if err != nil {
				return err
			}
			if !gone {
				continue
			}
		}
		revision, _ := im.memory.remove(id, was.Version, was.Start, time.Time{})
		if !tell(im.retraction(id, was.Start, revision, reasonDeleted), nil) {
			return nil
		}
	}
	return nil
}

func byTime(entries map[int64]*entry) []*entry {
	return slices.SortedFunc(maps.Values(entries), func(a, b *entry) int {
		return cmp.Or(a.start.Compare(b.start), cmp.Compare(*a.ID, *b.ID))
	})
}
