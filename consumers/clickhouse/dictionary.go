package clickhouse

import (
	"strings"
	"unsafe"
)

// dictionary numbers texts.
type dictionary struct {
	numbers map[string]int32
	names   []string
	lately  []numberedText // by where the text stands
}

// numberedText is a text that was asked for. Nearly all are asked for by the very same string again and again: those of the catalogue, and those that a
// decoder keeps. These are found by where they stand, without reading them.
type numberedText struct {
	text   string
	number int32
	known  bool
}

const latelyBits = 11 // of a place: twice as many as busy labs

func (d *dictionary) number(text string) int32 {
	if d.lately == nil {
		d.lately = make([]numberedText, 1<<latelyBits)
	}
	place := uint64(uintptr(unsafe.Pointer(unsafe.StringData(text)))) * 0x9e3779b97f4a7c15 >> (64 - latelyBits) // Knuth's multiplicative hashing
	lately := &d.lately[place]
	if lately.known && lately.text == text {
		return lately.number
	}
	n, known := d.numbers[text]
	if !known {
		n = d.add(text)
	}
	*lately = numberedText{text, n, true}
	return n
}

// name is a text as the dictionary has it.
func (d *dictionary) name(text []byte) string {
	if n, known := d.numbers[string(text)]; known {
		return d.names[n]
	}
	return d.names[d.add(string(text))]
}

// same is that name, which is likely another's.
func (d *dictionary) same(likely string, text []byte) string {
	if likely != "" && likely == string(text) {
		return likely
	}
	return d.name(text)
}

func (d *dictionary) add(text string) int32 {
	if d.numbers == nil {
		d.numbers = map[string]int32{}
	}
	n := int32(len(d.names))
	text = strings.Clone(text) // it is part of something larger
	d.numbers[text] = n
	d.names = append(d.names, text)
	return n
}
