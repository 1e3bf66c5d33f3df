package mqttaccess

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// Bounds of a file of recorded messages.
const (
	maxFileBytes = 256 << 20
	maxLineBytes = 1 << 20
)

// recordedMessage is a message of a file.
type recordedMessage struct {
	importers.Message
	line int
}

// readFile reads recorded messages, by the time when they were received. An error about one line
// leaves the others.
func readFile(path string) ([]recordedMessage, []error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("mqtt: recorded messages: %w", err)
	}
	defer f.Close()
	return readLines(io.LimitReader(f, maxFileBytes+1), filepath.Base(path))
}

func readLines(r io.Reader, origin string) (messages []recordedMessage, errs []error, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	size := 0
	n := 0
	for lines.Scan() {
		n++
		if size += len(lines.Bytes()) + 1; size > maxFileBytes {
			return nil, nil, &rest.PageError{Origin: origin, What: schemas.Text{FR: "fichier de plus de 256 Mio", EN: "file of more than 256 MiB"}}
		}
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\uFEFF")))
		if len(line) == 0 {
			continue
		}
		m, ok := parseLine(line)
		if !ok {
			errs = append(errs, &importers.RecordError{Origin: fmt.Sprintf("%s:%d", origin, n), What: schemas.Text{
				FR: `ligne illisible : attendu {"received_at": "2026-03-03T14:00:00Z", "topic": "machine/7", "payload": {…}}`,
				EN: `unreadable line: expected {"received_at": "2026-03-03T14:00:00Z", "topic": "machine/7", "payload": {…}}`}})
			continue
		}
		messages = append(messages, recordedMessage{m, n})
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		errs = append(errs, &importers.RecordError{Origin: fmt.Sprintf("%s:%d", origin, n+1), What: schemas.Text{
			FR: "ligne de plus de 1 Mio ; la suite du fichier n'est pas lue", EN: "line of more than 1 MiB; the rest of the file isn't read"}})
	} else if lines.Err() != nil {
		return nil, nil, fmt.Errorf("mqtt: recorded messages: %w", lines.Err())
	}
	slices.SortStableFunc(messages, func(a, b recordedMessage) int { return a.At.Compare(b.At) })
	return messages, errs, nil
}

func parseLine(line []byte) (importers.Message, bool) {
	var raw struct {
		ReceivedAt time.Time       `json:"received_at"`
		Topic      string          `json:"topic"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(line, &raw); err != nil || raw.ReceivedAt.IsZero() || raw.Topic == "" || len(raw.Payload) == 0 {
		return importers.Message{}, false
	}
	// Recorders that don't look into messages keep them as a text.
	var text string
	if json.Unmarshal(raw.Payload, &text) == nil && text != "" {
		raw.Payload = json.RawMessage(text)
	}
	return importers.Message{At: raw.ReceivedAt, Topic: raw.Topic, Body: raw.Payload}, true
}
