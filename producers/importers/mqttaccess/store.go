package mqttaccess

import (
	"encoding/json"
	"fmt"
	"slices"

	"vitrine/producers/importers"
)

// Keys of the state.
const (
	machinesKey = "machines"
	adriftKey   = "adrift"
	memoryKey   = "machine/"
)

// load reads a value of the state; what isn't there leaves v as it is.
func load(state importers.State, key string, v any) error {
	raw, err := state.Get(key)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return fmt.Errorf("mqtt: what is known of %s: %w", key, err)
	}
	return nil
}

func save(state importers.State, key string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		err = state.Put(key, raw)
	}
	if err != nil {
		return fmt.Errorf("mqtt: remember %s: %w", key, err)
	}
	return nil
}

// remember keeps a machine's memory, and that there is such a machine.
func remember(state importers.State, id string, m memory) error {
	if err := save(state, memoryKey+id, m); err != nil {
		return err
	}
	var ids []string
	if err := load(state, machinesKey, &ids); err != nil || slices.Contains(ids, id) {
		return err
	}
	ids = append(ids, id)
	slices.Sort(ids)
	return save(state, machinesKey, ids)
}

// inMemory is a state of its own for the reading of one file.
type inMemory map[string][]byte

// Get implements [importers.State].
func (m inMemory) Get(key string) ([]byte, error) { return m[key], nil }

// Put implements [importers.State].
func (m inMemory) Put(key string, value []byte) error {
	m[key] = value
	return nil
}
