package gateway

import (
	"errors"

	"vitrine/schemas"
)

// Delivery is how the events of one request fared. Indexes count the request's events from 0.
type Delivery struct {
	// Accepted are those that JetStream has acknowledged.
	Accepted []int
	// Refused are those that sending again as they are doesn't help.
	Refused []Refusal
	// Unconfirmed are those that nobody knows of whether they are stored: they may be sent again, and so
	// may all others, without changing any figure.
	Unconfirmed []int
	// batch says that the request was a list, so that pointers into it begin with an index.
	batch bool
}

// Refusal is an event that was refused: Err is a *[schemas.Invalid], or says that it isn't its sender's to publish.
type Refusal struct {
	Index int
	Err   error
}

// add takes in how the events from an index on fared.
func (d *Delivery) add(part Delivery, first int) {
	for _, i := range part.Accepted {
		d.Accepted = append(d.Accepted, first+i)
	}
	for _, r := range part.Refused {
		d.Refused = append(d.Refused, Refusal{Index: first + r.Index, Err: r.Err})
	}
	for _, i := range part.Unconfirmed {
		d.Unconfirmed = append(d.Unconfirmed, first+i)
	}
}

// forbiddenOnly says that all refused events were refused because they aren't their sender's to publish.
func (d *Delivery) forbiddenOnly() bool {
	for _, r := range d.Refused {
		if !r.forbidden() {
			return false
		}
	}
	return len(d.Refused) > 0
}

func (r Refusal) forbidden() bool {
	var n *notYours
	return errors.As(r.Err, &n)
}

// rejectedItem is a refused event in an answer.
type rejectedItem struct {
	Index int `json:"index"`
	fieldError
	// All are the event's problems where it has several, and the answer has room for them.
	All []fieldError `json:"errors,omitempty"`
}

// fieldError is one problem of an event in an answer.
type fieldError struct {
	Index   *int   `json:"index,omitempty"`
	ID      string `json:"id,omitempty"`
	Pointer string `json:"pointer"`
	Field   string `json:"field"`
	Code    string `json:"code"`
	Error   string `json:"error"`
}

// problems are a refusal's, in a language; at least one.
func (d *Delivery) problems(r Refusal, lang schemas.Lang) []fieldError {
	var invalid *schemas.Invalid
	var other *notYours
	switch {
	case errors.As(r.Err, &invalid):
		out := make([]fieldError, len(invalid.Problems))
		for i, p := range invalid.Problems {
			out[i] = fieldError{ID: invalid.ID, Pointer: d.pointer(r.Index, p.Field), Field: p.Field, Code: p.Code, Error: p.In(lang)}
		}
		return out
	case errors.As(r.Err, &other):
		return []fieldError{{ID: other.id, Pointer: d.pointer(r.Index, other.field), Field: other.field, Code: other.code, Error: other.text.In(lang)}}
	}
	return []fieldError{{Pointer: d.pointer(r.Index, ""), Code: "refused", Error: r.Err.Error()}}
}

// maxErrors bounds how many problems an answer lists one by one, so that a body of 8 MiB in which everything is wrong
// isn't answered with hundreds of them. Each refused event is named with its first problem all the same.
const maxErrors = 1000

// rejected are the refused events, one item each.
func (d *Delivery) rejected(lang schemas.Lang) []rejectedItem {
	out := make([]rejectedItem, 0, len(d.Refused)) // never null in JSON
	left := maxErrors
	for _, r := range d.Refused {
		all := d.problems(r, lang)
		item := rejectedItem{Index: r.Index, fieldError: all[0]}
		var invalid *schemas.Invalid
		if errors.As(r.Err, &invalid) {
			item.Error = invalid.In(lang) // says how many more there are
		}
		if len(all) > 1 && len(all) <= left {
			item.All, left = all, left-len(all)
		}
		out = append(out, item)
	}
	return out
}

// fieldErrors are the problems of all refused events, the first ones if there are very many.
func (d *Delivery) fieldErrors(lang schemas.Lang) []fieldError {
	var out []fieldError
	for _, r := range d.Refused {
		for _, p := range d.problems(r, lang) {
			if len(out) == maxErrors {
				return out
			}
			p.Index = &r.Index
			out = append(out, p)
		}
	}
	return out
}
