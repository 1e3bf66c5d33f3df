package chd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb's C interface, bound with purego: no C compiler is needed
// to build, and the library is found at run time. See chdb.h of the chDB project
// for the meaning of each function. None may be called on one connection from
// two goroutines at once.
type library struct {
	path string

	setSignalHandlers func(enabled int32)
	connect           func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn         func(conn unsafe.Pointer)
	queryParams       func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr,
		names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr
	streamParams func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr,
		names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr
	streamFetch   func(conn, stream uintptr) uintptr
	streamCancel  func(conn, stream uintptr)
	destroyResult func(result uintptr)
	insertParams  func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr,
		names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr
	insertAppend  func(stream uintptr, data unsafe.Pointer, n uintptr) int32
	insertDone    func(stream uintptr) uintptr
	insertCancel  func(stream uintptr)
	insertError   func(stream uintptr) string
	insertDestroy func(stream uintptr)
	classify      func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, db unsafe.Pointer, dbLen uintptr, out unsafe.Pointer) int32

	resultBuffer       func(result uintptr) unsafe.Pointer
	resultLength       func(result uintptr) uintptr
	resultError        func(result uintptr) string
	resultRowsRead     func(result uintptr) uint64
	resultBytesRead    func(result uintptr) uint64
	storageRowsRead    func(result uintptr) uint64
	storageBytesRead   func(result uintptr) uint64
	resultRowsWritten  func(result uintptr) uint64
	resultBytesWritten func(result uintptr) uint64
}

// loadLibrary loads the library and binds its functions. Loading the same file
// again is cheap: the dynamic linker keeps it, and it is never unloaded.
func loadLibrary(path string) (*library, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &EngineMissingError{Path: path, Err: err}
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, &WrongEngineError{Path: path, Reason: "it can't be loaded", Err: err}
	}
	l := &library{path: path}
	for name, fn := range map[string]any{
		"chdb_set_signal_handlers_enabled": &l.setSignalHandlers,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_query_with_params_n":         &l.queryParams,
		"chdb_stream_query_with_params_n":  &l.streamParams,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_destroy_query_result":        &l.destroyResult,
		"chdb_stream_insert_with_params_n": &l.insertParams,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_cancel_insert":        &l.insertCancel,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
		"chdb_classify_query_n":            &l.classify,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_error":                &l.resultError,
		"chdb_result_rows_read":            &l.resultRowsRead,
		"chdb_result_bytes_read":           &l.resultBytesRead,
		"chdb_result_storage_rows_read":    &l.storageRowsRead,
		"chdb_result_storage_bytes_read":   &l.storageBytesRead,
		"chdb_result_rows_written":         &l.resultRowsWritten,
		"chdb_result_bytes_written":        &l.resultBytesWritten,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, &WrongEngineError{
				Path:   path,
				Reason: fmt.Sprintf("it lacks %s; version %s is known to work", name, Version),
				Err:    err,
			}
		}
		purego.RegisterFunc(fn, symbol)
	}
	// The engine's own handlers would fight those of Go's runtime.
	l.setSignalHandlers(0)
	return l, nil
}

// param is a bound parameter: {name:Type} in the statement.
type param struct{ name, value string }

// stats are the figures of a statement, for X-ClickHouse-Summary. Those of rows and bytes read may be
// too low for a streamed result: the library loses some of its own count.
type stats struct {
	readRows, readBytes       uint64
	writtenRows, writtenBytes uint64
	resultRows, resultBytes   uint64
}

func (s *stats) add(o stats) {
	s.readRows += o.readRows
	s.readBytes += o.readBytes
	s.writtenRows += o.writtenRows
	s.writtenBytes += o.writtenBytes
	s.resultRows += o.resultRows
	s.resultBytes += o.resultBytes
}

// conn is one connection: a session of its own, with its settings, current
// database and temporary tables, that runs one statement at a time.
type conn struct {
	lib    *library
	handle unsafe.Pointer // chdb_connection *
}

// open makes a connection; the first one boots the engine. The arguments are
// --name=value, for the engine and for the connection's settings.
func (l *library) open(args []string) (*conn, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]unsafe.Pointer, 0, len(args)+2)
	for _, arg := range append([]string{"chd"}, args...) {
		argv = append(argv, pinString(&pin, arg+"\x00"))
	}
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	handle := l.connect(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	if handle == nil {
		return nil, errors.New("chd: the engine refused to open the data folder; its reason is on standard error")
	}
	return &conn{lib: l, handle: handle}, nil
}

// close ends the connection. The last one that closes stops the engine, which
// writes what it holds to the disk.
func (c *conn) close() {
	c.lib.closeConn(c.handle)
	c.handle = nil
}

func (c *conn) id() uintptr { return *(*uintptr)(c.handle) }

// result is what a statement returned, in the engine's memory.
type result struct {
	lib    *library
	handle uintptr
}

// bytes are valid until close.
func (r *result) bytes() []byte {
	n := r.lib.resultLength(r.handle)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.handle)), n)
}

func (r *result) err() error {
	if text := r.lib.resultError(r.handle); text != "" {
		return parseException(text)
	}
	return nil
}

func (r *result) stats() stats {
	return stats{
		readRows:     r.lib.storageRowsRead(r.handle),
		readBytes:    r.lib.storageBytesRead(r.handle),
		writtenRows:  r.lib.resultRowsWritten(r.handle),
		writtenBytes: r.lib.resultBytesWritten(r.handle),
		resultRows:   r.lib.resultRowsRead(r.handle),
		resultBytes:  r.lib.resultBytesRead(r.handle),
	}
}

func (r *result) close() { r.lib.destroyResult(r.handle) }

// statementCall is the shape that query, stream and insert share.
type statementCall func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr,
	names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr

func (c *conn) call(fn statementCall, sql, format string, params []param) uintptr {
	var pin runtime.Pinner
	defer pin.Unpin()
	n := len(params)
	names, values := make([]unsafe.Pointer, n+1), make([]unsafe.Pointer, n+1)
	nameLens, valueLens := make([]uintptr, n+1), make([]uintptr, n+1)
	for i, p := range params {
		names[i], nameLens[i] = pinString(&pin, p.name), uintptr(len(p.name))
		values[i], valueLens[i] = pinString(&pin, p.value), uintptr(len(p.value))
	}
	pin.Pin(&names[0])
	pin.Pin(&values[0])
	pin.Pin(&nameLens[0])
	pin.Pin(&valueLens[0])
	return fn(c.id(), pinString(&pin, sql), uintptr(len(sql)), pinString(&pin, format), uintptr(len(format)),
		unsafe.Pointer(&names[0]), unsafe.Pointer(&nameLens[0]),
		unsafe.Pointer(&values[0]), unsafe.Pointer(&valueLens[0]), uintptr(n))
}

// query runs a statement to its end. The caller closes the result.
func (c *conn) query(sql, format string, params []param) (*result, error) {
	r := &result{lib: c.lib, handle: c.call(c.lib.queryParams, sql, format, params)}
	if r.handle == 0 {
		return nil, errors.New("chd: the engine gave no result")
	}
	if err := r.err(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// exec runs a statement and drops its result.
func (c *conn) exec(sql string) error {
	r, err := c.query(sql, "Null", nil)
	if err != nil {
		return err
	}
	r.close()
	return nil
}

// stream is a result that arrives in pieces.
type stream struct {
	conn   *conn
	handle uintptr
	piece  *result
	ended  bool
	total  stats
}

// stream starts a statement. The caller closes the stream.
func (c *conn) stream(sql, format string, params []param) (*stream, error) {
	head := &result{lib: c.lib, handle: c.call(c.lib.streamParams, sql, format, params)}
	if head.handle == 0 {
		return nil, errors.New("chd: the engine gave no result")
	}
	if err := head.err(); err != nil {
		head.close()
		return nil, err
	}
	return &stream{conn: c, handle: head.handle}, nil
}

// next returns the next piece, valid until the following call, or io.EOF.
func (s *stream) next() ([]byte, error) {
	if s.ended {
		return nil, io.EOF
	}
	s.drop()
	piece := &result{lib: s.conn.lib, handle: s.conn.lib.streamFetch(s.conn.id(), s.handle)}
	if piece.handle == 0 {
		s.ended = true
		return nil, errors.New("chd: the engine gave no result")
	}
	if err := piece.err(); err != nil {
		piece.close()
		s.ended = true
		return nil, err
	}
	data := piece.bytes()
	if len(data) == 0 {
		piece.close()
		s.ended = true
		return nil, io.EOF
	}
	s.piece = piece
	s.total.add(piece.stats())
	return data, nil
}

func (s *stream) drop() {
	if s.piece != nil {
		s.piece.close()
		s.piece = nil
	}
}

// close ends the statement where it is.
func (s *stream) close() {
	s.drop()
	if !s.ended {
		s.conn.lib.streamCancel(s.conn.id(), s.handle)
		s.ended = true
	}
	s.conn.lib.destroyResult(s.handle)
}

// insert is an INSERT whose data is pushed in pieces.
type insert struct {
	conn   *conn
	handle uintptr
}

// insert starts an INSERT; sql has no FORMAT clause. The caller closes it.
func (c *conn) insert(sql, format string, params []param) (*insert, error) {
	in := &insert{conn: c, handle: c.call(c.lib.insertParams, sql, format, params)}
	if in.handle == 0 {
		return nil, errors.New("chd: the engine gave no insert stream")
	}
	if text := c.lib.insertError(in.handle); text != "" {
		in.close()
		return nil, parseException(text)
	}
	return in, nil
}

// append hands over data, of which the engine takes a copy. It returns false
// when the insert has failed; done then tells why.
func (in *insert) append(data []byte) bool {
	if len(data) == 0 {
		return true
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&data[0])
	return in.conn.lib.insertAppend(in.handle, unsafe.Pointer(&data[0]), uintptr(len(data))) == 0
}

// done commits.
func (in *insert) done() (stats, error) {
	r := &result{lib: in.conn.lib, handle: in.conn.lib.insertDone(in.handle)}
	if r.handle == 0 {
		return stats{}, errors.New("chd: the engine gave no result")
	}
	defer r.close()
	return r.stats(), r.err()
}

// close cancels an insert that isn't done, and frees it.
func (in *insert) close() { in.conn.lib.insertDestroy(in.handle) }

// pinString gives the engine a string's bytes. An empty string has some too: the engine refuses a
// null pointer as a parameter's value, whatever its length.
func pinString(pin *runtime.Pinner, s string) unsafe.Pointer {
	if s == "" {
		s = "\x00"
	}
	p := unsafe.StringData(s)
	pin.Pin(p)
	return unsafe.Pointer(p)
}
