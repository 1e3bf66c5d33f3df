package clickhouse

import (
	"io"
	"net"
	"slices"
)

// pieces are bytes that stand in several places, one after the other. A block's columns are sent from where they are: copied into one
// buffer first, each batch would take as much memory again.
type pieces [][]byte

// Write appends p, and keeps it, unlike other writers: it is for [proto.Writer], whose pieces nobody changes before they are sent.
func (p *pieces) Write(piece []byte) (int, error) {
	*p = append(*p, piece)
	return len(piece), nil
}

// size is how many bytes they are.
func (p pieces) size() (bytes int64) {
	for _, piece := range p {
		bytes += int64(len(piece))
	}
	return bytes
}

// open reads them from the beginning.
func (p pieces) open() *piecesReader { return &piecesReader{net.Buffers(slices.Clone(p)), p} }

type piecesReader struct {
	rest net.Buffers
	of   pieces
}

// Read reads on.
func (r *piecesReader) Read(into []byte) (int, error) { return r.rest.Read(into) }

// WriteTo writes all that is left.
func (r *piecesReader) WriteTo(w io.Writer) (int64, error) { return r.rest.WriteTo(w) }
