package spreadsheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"vitrine/schemas"
)

// The library keeps every element of a workbook in memory, empty cells and rows too: some 700 bytes for a cell
// of 4 ("<c/>"). Within [maxUnzipped] alone, a file of half a megabyte took 9 GB.
const (
	// maxStored bounds the cells and rows that a workbook has, whether they hold anything or not.
	maxStored = 2_000_000
	// maxElements bounds its XML elements of whatever sort.
	maxElements = 8_000_000
)

// errBulk says that a workbook has too many elements.
var errBulk = errors.New("more elements than are read")

// checkBulk refuses a workbook that would take too much memory. What isn't a readable container is the library's to refuse.
func checkBulk(name string, raw []byte) error {
	book, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil
	}
	var seen elements
	for _, part := range book.File {
		switch err := seen.read(part); {
		case errors.Is(err, errBulk):
			return &FileError{Name: name, Err: err, What: schemas.Text{
				FR: fmt.Sprintf("plus de %d cellules et lignes, vides comprises : partagez le classeur, ou copiez les lignes remplies dans un nouveau", maxStored),
				EN: fmt.Sprintf("more than %d cells and rows, empty ones included: split the workbook, or copy the rows that are filled in to a new one", maxStored)}}
		case err != nil:
			return nil
		}
	}
	return nil
}

// elements counts the elements of XML as it is written to it.
type elements struct {
	all, stored int
	total       int64
	inName      bool
	name        []byte
}

func (e *elements) read(part *zip.File) error {
	in, err := part.Open()
	if err != nil {
		return err
	}
	n, err := io.Copy(e, io.LimitReader(in, maxUnzipped-e.total))
	e.total += n
	return errors.Join(err, in.Close())
}

// Write looks at the name of each element, without its prefix. Zeros between, as in UTF-16, are passed over.
func (e *elements) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if !e.inName {
			at := bytes.IndexByte(rest, '<')
			if at < 0 {
				break
			}
			rest, e.inName, e.name = rest[at+1:], true, e.name[:0]
			continue
		}
		switch c := rest[0]; {
		case c == 0:
		case c == ':':
			e.name = e.name[:0]
		case len(e.name) == 0 && (c == '/' || c == '?' || c == '!'):
			e.inName = false // an end, or no element
		case c == '/' || c == '>' || c <= ' ':
			e.inName = false
			if e.all++; string(e.name) == "c" || string(e.name) == "row" {
				e.stored++
			}
			if e.all > maxElements || e.stored > maxStored {
				return 0, errBulk
			}
		case len(e.name) < 4: // longer than those that are looked for will do
			e.name = append(e.name, c)
		}
		rest = rest[1:]
	}
	return len(p), nil
}
