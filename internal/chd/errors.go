package chd

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ErrStarted is returned by a second call of Run: a Server runs once.
var ErrStarted = errors.New("chd: this server was already run; make another one with New")

// ErrEngineBusy says that this process already runs a Server: the library keeps
// one data folder per process.
var ErrEngineBusy = errors.New("chd: the ClickHouse engine already runs in this process, and it serves one data folder at a time: stop the other server first")

// AddrInUseError says that another program listens on the server's address.
type AddrInUseError struct {
	Addr string // host:port
	Err  error  // what the system said
}

func (e *AddrInUseError) Error() string {
	return fmt.Sprintf("chd: %s is taken by another program, perhaps another ClickHouse: stop it, or choose another address (%v)", e.Addr, e.Err)
}

// Unwrap returns the system's error.
func (e *AddrInUseError) Unwrap() error { return e.Err }

// LockedError says that another process uses the data folder.
type LockedError struct {
	Dir string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("chd: the data folder %s is in use by another process: stop it, or choose another folder", e.Dir)
}

// DataError says that the data folder can't be created or written.
type DataError struct {
	Dir string
	Err error
}

func (e *DataError) Error() string {
	return fmt.Sprintf("chd: the data folder %s can't be written: check its permissions and the free space (%v)", e.Dir, e.Err)
}

// Unwrap returns the system's error.
func (e *DataError) Unwrap() error { return e.Err }

// EngineMissingError says that the library isn't there, and how to get it.
type EngineMissingError struct {
	Path string // where it was looked for
	Err  error
}

func (e *EngineMissingError) Error() string {
	return fmt.Sprintf("chd: the ClickHouse engine isn't at %s: fetch it (npm is needed once), or give the path of a libchdb library (%v)", e.Path, e.Err)
}

// Unwrap returns the system's error.
func (e *EngineMissingError) Unwrap() error { return e.Err }

// NPMMissingError says that the engine must be fetched and npm isn't there to do it.
type NPMMissingError struct {
	Package string // the npm package, with its version
	Err     error
}

func (e *NPMMissingError) Error() string {
	return fmt.Sprintf("chd: the ClickHouse engine isn't on this machine, and npm, which fetches it, isn't either: "+
		"install Node.js with npm (apt install npm, brew install node), or unpack libchdb.so of the npm package %s "+
		"elsewhere and give its path (%v)", e.Package, e.Err)
}

// Unwrap returns the system's error.
func (e *NPMMissingError) Unwrap() error { return e.Err }

// UnsupportedPlatformError says that there is no engine for this platform.
type UnsupportedPlatformError struct {
	Platform  string   // GOOS/GOARCH
	Supported []string // likewise
}

func (e *UnsupportedPlatformError) Error() string {
	return fmt.Sprintf("chd: there is no pinned ClickHouse engine for %s, only for %s: use a ClickHouse server, or give the path of a libchdb built for this platform",
		e.Platform, strings.Join(e.Supported, ", "))
}

// WrongEngineError says that a file isn't the library that it should be.
type WrongEngineError struct {
	Path   string
	Reason string
	Err    error
}

func (e *WrongEngineError) Error() string {
	msg := fmt.Sprintf("chd: %s isn't a usable ClickHouse engine: %s", e.Path, e.Reason)
	if e.Err != nil {
		msg += fmt.Sprintf(" (%v)", e.Err)
	}
	return msg
}

// Unwrap returns the underlying error, if any.
func (e *WrongEngineError) Unwrap() error { return e.Err }

// FetchError says that the engine couldn't be brought here.
type FetchError struct {
	Package string // the npm package, with its version
	Output  string // the end of what npm said
	Err     error
}

func (e *FetchError) Error() string {
	msg := fmt.Sprintf("chd: fetch %s: %v", e.Package, e.Err)
	if e.Output != "" {
		msg += "; npm said: " + e.Output
	}
	return msg
}

// Unwrap returns the underlying error.
func (e *FetchError) Unwrap() error { return e.Err }

// Exception is an error of ClickHouse itself: what the engine answered, or what
// this endpoint answers in its stead.
type Exception struct {
	Code    int    // ClickHouse's error code, e.g. 60
	Name    string // its name, e.g. UNKNOWN_TABLE; empty when unknown
	Message string // the text, from "Code:" on
}

func (e *Exception) Error() string { return e.Message }

// The error codes that this endpoint raises by itself.
const (
	codeUnsupportedMethod   = 1
	codeBadArguments        = 36
	codeNotImplemented      = 48
	codeTableAlreadyExists  = 57
	codeUnknownTable        = 60
	codeCorruptedData       = 246
	codeCannotReadAll       = 33
	codeChecksumMismatch    = 40
	codeNoSuchPart          = 232
	codeNotEnoughSpace      = 243
	codeSyntaxError         = 62
	codeReadonly            = 164
	codeUnknownUser         = 192
	codeRequiredPassword    = 194
	codeTooManyQueries      = 202
	codeQuotaExceeded       = 201
	codeQueryTooLarge       = 229
	codeAborted             = 236
	codeUnknownException    = 1002
	codeSessionNotFound     = 372
	codeSessionIsLocked     = 373
	codeQueryWasCancelled   = 394
	codeInvalidSessionTime  = 374
	codeAccessDenied        = 497
	codeAuthenticationFail  = 516
	codeIncorrectData       = 117
	codeCannotDecompress    = 271
	codeUnknownCompression  = 89
	codeSameQueryIsRunning  = 216
	codeHTTPLengthRequired  = 381
	codeUnknownTypeOfQuery  = 78
	codeTimeoutExceeded     = 159
	codeTooLargeArraySize   = 128
	codeUnknownFormat       = 73
	codeMemoryLimitExceeded = 241
)

func newException(code int, name, format string, args ...any) *Exception {
	return &Exception{
		Code:    code,
		Name:    name,
		Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name),
	}
}

// parseException reads the engine's message. The code leads, the name ends it.
func parseException(text string) *Exception {
	e := &Exception{Code: codeUnknownException, Message: text}
	// Compiled here: an exception is rare, a package-level variable is for ever.
	if m := regexp.MustCompile(`Code: (\d+)\.`).FindStringSubmatch(text); m != nil {
		e.Code, _ = strconv.Atoi(m[1])
	}
	if m := regexp.MustCompile(`\(([A-Z][A-Z0-9_]+)\)(?: \(version [^)]*\)+)?\s*$`).FindStringSubmatch(text); m != nil {
		e.Name = m[1]
	}
	if !strings.HasPrefix(text, "Code: ") {
		e.Message = fmt.Sprintf("Code: %d. DB::Exception: %s", e.Code, text)
	}
	return e
}
