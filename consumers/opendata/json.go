package opendata

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes a release as it is; [ReadJSON] reads it again.
func JSON(w io.Writer, r *Release) error {
	out := json.NewEncoder(w)
	out.SetIndent("", " ")
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("open data as JSON: %w", err)
	}
	return nil
}

// ReadJSON reads a release that [JSON] wrote.
func ReadJSON(in io.Reader) (*Release, error) {
	var r Release
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("read a release of open data: %w", err)
	}
	if r.Quarter == 0 || r.First > r.Quarter {
		return nil, fmt.Errorf("read a release of open data: quarters %s to %s: expected the first and the last one", r.First, r.Quarter)
	}
	return &r, nil
}
