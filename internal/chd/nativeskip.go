package chd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// errUnknownType says that a type's layout isn't known here.
var errUnknownType = errors.New("chd: unknown type")

// nativeType measures the data of a type in the Native format without decoding
// it. It knows the layouts that make up nearly all data; the rest is left to
// clickhouse-go's decoder (see skipColumn), at a quarter of the speed.
type nativeType struct {
	kind  nativeKind
	width int           // of kindFixed, in bytes
	inner []*nativeType // of the others
}

type nativeKind byte

const (
	kindFixed nativeKind = iota
	kindString
	kindNullable
	kindArray
	kindTuple
	kindLowCardinality
)

// maxTypeDepth bounds how deep types may be nested; the engine's own parser takes no more than 1,000.
const maxTypeDepth = 100

// parseNativeType reads a type's name.
func parseNativeType(name string) (*nativeType, error) { return parseNativeTypeAt(name, 0) }

func parseNativeTypeAt(name string, depth int) (*nativeType, error) {
	if depth > maxTypeDepth {
		return nil, errUnknownType
	}
	name = strings.TrimSpace(name)
	base, args, hasArgs := strings.Cut(name, "(")
	if hasArgs {
		if !strings.HasSuffix(args, ")") {
			return nil, errUnknownType
		}
		args = args[:len(args)-1]
	}
	if width := fixedWidth(base, args); width > 0 {
		return &nativeType{kind: kindFixed, width: width}, nil
	}
	switch base {
	case "String":
		return &nativeType{kind: kindString}, nil
	case "Nullable":
		return wrapType(kindNullable, args, depth)
	case "Array":
		return wrapType(kindArray, args, depth)
	case "LowCardinality":
		return wrapType(kindLowCardinality, args, depth)
	case "Map":
		// A map is an array of pairs.
		pair, err := tupleType(args, depth)
		if err != nil {
			return nil, err
		}
		return &nativeType{kind: kindArray, inner: []*nativeType{pair}}, nil
	case "Tuple":
		return tupleType(args, depth)
	}
	return nil, errUnknownType
}

func wrapType(kind nativeKind, args string, depth int) (*nativeType, error) {
	inner, err := parseNativeTypeAt(args, depth+1)
	if err != nil {
		return nil, err
	}
	return &nativeType{kind: kind, inner: []*nativeType{inner}}, nil
}

// tupleType reads "UInt8, String" or "a UInt8, b String".
func tupleType(args string, depth int) (*nativeType, error) {
	t := &nativeType{kind: kindTuple}
	for _, part := range splitTopLevel(args) {
		inner, err := parseNativeTypeAt(part, depth+1)
		if err != nil {
			// With the element's name before it.
			l := &lexer{src: part}
			tok, ok := l.next()
			if !ok || !tok.isName() || l.pos >= len(part) || part[l.pos] != ' ' {
				return nil, errUnknownType
			}
			if inner, err = parseNativeTypeAt(part[l.pos:], depth+1); err != nil {
				return nil, err
			}
		}
		t.inner = append(t.inner, inner)
	}
	return t, nil
}

// maxFixedString is ClickHouse's own bound, in bytes.
const maxFixedString = 1<<24 - 1

// fixedWidth is the size in bytes of a value, or 0.
func fixedWidth(base, args string) int {
	switch base {
	case "UInt8", "Int8", "Bool", "Enum8":
		return 1
	case "UInt16", "Int16", "Date", "Enum16", "BFloat16":
		return 2
	case "UInt32", "Int32", "Float32", "Date32", "DateTime", "IPv4":
		return 4
	case "UInt64", "Int64", "Float64", "DateTime64":
		return 8
	case "UInt128", "Int128", "UUID", "IPv6":
		return 16
	case "UInt256", "Int256":
		return 32
	case "FixedString":
		n, err := strconv.Atoi(strings.TrimSpace(args))
		if err != nil || n < 1 || n > maxFixedString {
			return 0
		}
		return n
	case "Decimal":
		precision, _, _ := strings.Cut(args, ",")
		n, err := strconv.Atoi(strings.TrimSpace(precision))
		switch {
		case err != nil || n < 1 || n > 76:
			return 0
		case n <= 9:
			return 4
		case n <= 18:
			return 8
		case n <= 38:
			return 16
		}
		return 32
	}
	return 0
}

// byteSource is where the data comes from; *bufio.Reader is one.
type byteSource interface {
	io.ByteReader
	Discard(n int) (int, error)
	io.Reader
}

// skipPrefix passes over what stands before a column's data: the version of
// each LowCardinality's layout.
func (t *nativeType) skipPrefix(src byteSource) error {
	if t.kind == kindLowCardinality {
		return discard(src, 8)
	}
	for _, inner := range t.inner {
		if err := inner.skipPrefix(src); err != nil {
			return err
		}
	}
	return nil
}

// skip passes over the data of so many values.
func (t *nativeType) skip(src byteSource, rows int) error {
	switch t.kind {
	case kindFixed:
		return discard(src, rows*t.width)
	case kindString:
		for range rows {
			n, err := binary.ReadUvarint(src)
			if err != nil {
				return unexpected(err)
			}
			if err := discard(src, int(n)); err != nil {
				return err
			}
		}
		return nil
	case kindNullable:
		if err := discard(src, rows); err != nil {
			return err
		}
		return t.inner[0].skip(src, rows)
	case kindArray:
		if rows == 0 {
			return nil
		}
		// The offsets; the last one is the number of all elements.
		if err := discard(src, (rows-1)*8); err != nil {
			return err
		}
		last, err := readLength(src)
		if err != nil {
			return err
		}
		return t.inner[0].skip(src, last)
	case kindTuple:
		for _, inner := range t.inner {
			if err := inner.skip(src, rows); err != nil {
				return err
			}
		}
		return nil
	case kindLowCardinality:
		return t.skipLowCardinality(src, rows)
	}
	return errUnknownType
}

// skipLowCardinality passes over keys and indexes.
func (t *nativeType) skipLowCardinality(src byteSource, rows int) error {
	if rows == 0 {
		return nil
	}
	const (
		needsGlobalDictionary = 1 << 8
		hasAdditionalKeys     = 1 << 9
	)
	flags, err := readUint64(src)
	if err != nil {
		return err
	}
	if flags&needsGlobalDictionary != 0 || flags&hasAdditionalKeys == 0 || flags&0xff > 3 {
		return fmt.Errorf("chd: LowCardinality with flags %#x isn't known", flags)
	}
	keys, err := readLength(src)
	if err != nil {
		return err
	}
	dictionary := t.inner[0]
	if dictionary.kind == kindNullable { // NULL is the first key, without a map of its own
		dictionary = dictionary.inner[0]
	}
	if err := dictionary.skip(src, keys); err != nil {
		return err
	}
	count, err := readLength(src)
	if err != nil {
		return err
	}
	return discard(src, count<<(flags&0xff))
}

const (
	// maxCount bounds numbers of values, so that their size in bytes can't overflow.
	maxCount = 1 << 38
	// maxName bounds the name of a column or type, in bytes: an enum may have 65,536 names.
	maxName = 16 << 20
)

func checkCount(n uint64) (int, error) {
	if n > maxCount {
		return 0, fmt.Errorf("chd: %d values in a Native block: at most %d are plausible", n, maxCount)
	}
	return int(n), nil
}

// readLength reads a number of values of 8 bytes, readCount one of as many as it takes.
func readLength(src io.Reader) (int, error) {
	n, err := readUint64(src)
	if err != nil {
		return 0, err
	}
	return checkCount(n)
}

func readCount(src io.ByteReader) (int, error) {
	n, err := binary.ReadUvarint(src)
	if err != nil {
		return 0, unexpected(err)
	}
	return checkCount(n)
}

// readName reads a string, taking memory only as its bytes come.
func readName(src byteSource) (string, error) {
	n, err := readCount(src)
	if err != nil {
		return "", err
	}
	if n > maxName {
		return "", fmt.Errorf("chd: a name of %d bytes in a Native block", n)
	}
	var name strings.Builder
	if _, err := io.CopyN(&name, src, int64(n)); err != nil {
		return "", unexpected(err)
	}
	return name.String(), nil
}

func readUint64(src io.Reader) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(src, b[:]); err != nil {
		return 0, unexpected(err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

func discard(src byteSource, n int) error {
	if n < 0 {
		return errors.New("chd: a negative length in a Native block")
	}
	_, err := src.Discard(n)
	return unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
