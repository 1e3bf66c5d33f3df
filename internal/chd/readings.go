package chd

import "sync"

const (
	// readingLongest is the longest statement whose reading is remembered, in bytes: longer ones carry data and aren't said twice.
	readingLongest = 64 << 10
	// readingsTotal bounds the readings, in bytes of both texts. When it is reached, all are forgotten.
	readingsTotal = 4 << 20
)

// readings are statements as the engine's parser reads them (see engine.understood). Programs say the same ones again and again, with
// their parameters beside them, and asking the engine takes longer than many a statement itself. What a text means doesn't change
// while the engine runs.
type readings struct {
	mu    sync.Mutex
	texts map[string]string
	bytes int
}

func (r *readings) get(sql string) (text string, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, known = r.texts[sql]
	return text, known
}

func (r *readings) add(sql, text string) {
	if len(sql) > readingLongest {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.texts[sql]; known {
		return
	}
	if size := len(sql) + len(text); r.texts == nil || r.bytes+size > readingsTotal {
		r.texts, r.bytes = map[string]string{sql: text}, size
		return
	}
	r.texts[sql] = text
	r.bytes += len(sql) + len(text)
}
