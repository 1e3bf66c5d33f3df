package chd

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	// lockEvery is how often the lock of another fetch is looked at.
	lockEvery = 200 * time.Millisecond
	// watchEvery is how often the bytes that npm has brought are counted.
	watchEvery = 200 * time.Millisecond
	// npmGrace is how long npm gets to end once it was told to.
	npmGrace = 5 * time.Second
	// npmOutput bounds what of npm's output an error quotes, in bytes.
	npmOutput = 600
)

// FetchConfig says where the engine goes.
type FetchConfig struct {
	// CacheDir is the folder that keeps engines; empty means DefaultCache. Some
	// 750 MB are needed there while it is fetched, and 570 MB afterwards.
	CacheDir string
	// Progress receives a progress bar where it is a terminal, and a few lines
	// where it isn't; nil means neither. Nothing is written when the engine is there.
	Progress io.Writer
	// NPM is the npm program; empty means the one in PATH. Its own configuration
	// (registry, proxy) holds.
	NPM string
}

// DefaultCache is the folder in which Fetch keeps engines by default: vitrine/engine
// in the user's cache folder.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("chd: find the user's cache folder: %w", err)
	}
	return filepath.Join(dir, "vitrine", "engine"), nil
}

// DefaultEngine is where Fetch puts this platform's engine by default, whether
// or not it is there.
func DefaultEngine() (string, error) {
	dir, err := DefaultCache()
	if err != nil {
		return "", err
	}
	return enginePath(dir), nil
}

func enginePath(cache string) string {
	return filepath.Join(cache, Version+"-"+runtime.GOOS+"-"+runtime.GOARCH, "libchdb.so")
}

// Fetch returns the path of the pinned engine, which it brings into the cache
// when it isn't there: npm downloads the package, and the library is checked and
// unpacked. Several processes may call it at once; one fetches, the others wait.
// A fetch that was killed leaves nothing that the next one would take for whole.
// Its errors are *UnsupportedPlatformError, *NPMMissingError, *FetchError and
// *WrongEngineError where one of those is the cause, and ctx's.
func Fetch(ctx context.Context, cfg FetchConfig) (string, error) {
	pkg, err := platform()
	if err != nil {
		return "", err
	}
	if cfg.CacheDir == "" {
		if cfg.CacheDir, err = DefaultCache(); err != nil {
			return "", err
		}
	}
	if cfg.NPM == "" {
		cfg.NPM = "npm"
	}
	f := &fetcher{cfg: cfg, pkg: pkg, spec: pkg.name + "@" + Version, target: enginePath(cfg.CacheDir)}
	return f.fetch(ctx)
}

// fetcher is one fetch.
type fetcher struct {
	cfg    FetchConfig
	pkg    enginePackage
	spec   string // the package with its version
	target string // where the library goes
}

func (f *fetcher) fetch(ctx context.Context) (string, error) {
	if f.there() {
		return f.target, nil
	}
	dir := filepath.Dir(f.target)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", f.failed(fmt.Errorf("make the cache folder: %w", err), "")
	}
	lock := flock.New(filepath.Join(dir, "fetch.lock"))
	if _, err := lock.TryLockContext(ctx, lockEvery); err != nil {
		return "", f.failed(fmt.Errorf("wait for another fetch: %w", err), "")
	}
	defer func() { _ = lock.Unlock() }()
	if f.there() { // another process was faster
		return f.target, nil
	}
	work := filepath.Join(dir, "unfinished")
	tarball, err := f.download(ctx, work)
	if err != nil {
		return "", err
	}
	if err := f.unpack(ctx, tarball, work); err != nil {
		return "", err
	}
	if err := os.RemoveAll(work); err != nil {
		return "", f.failed(fmt.Errorf("tidy up: %w", err), "")
	}
	return f.target, nil
}

// there tells whether the library is in its place. It is put there by renaming,
// after it was checked, so its size is enough to look at.
func (f *fetcher) there() bool {
	info, err := os.Stat(f.target)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0 && (f.pkg.size == 0 || info.Size() == f.pkg.size)
}

// download brings the package's tarball and returns its path. A whole one that
// a killed fetch left is used.
func (f *fetcher) download(ctx context.Context, work string) (string, error) {
	tarball := filepath.Join(work, "package.tgz")
	if f.pkg.integrity != "" && f.checkIntegrity(tarball) == nil {
		return tarball, nil
	}
	npm, err := exec.LookPath(f.cfg.NPM)
	if err != nil {
		return "", &NPMMissingError{Package: f.spec, Err: err}
	}
	if err := os.RemoveAll(work); err != nil {
		return "", f.failed(fmt.Errorf("remove an unfinished fetch: %w", err), "")
	}
	packed := filepath.Join(work, "packed")
	if err := os.MkdirAll(packed, 0o755); err != nil {
		return "", f.failed(err, "")
	}
	bar := newProgress(f.cfg.Progress, "Downloading the ClickHouse engine (once)", f.pkg.tarball)
	if err := f.pack(ctx, npm, work, packed, bar); err != nil {
		bar.stop()
		return "", err
	}
	bar.finish()
	files, err := filepath.Glob(filepath.Join(packed, "*.tgz"))
	if err != nil || len(files) != 1 {
		return "", f.failed(fmt.Errorf("npm left %d tarballs where one was expected", len(files)), "")
	}
	if f.pkg.integrity != "" {
		if err := f.checkIntegrity(files[0]); err != nil {
			return "", err
		}
	}
	if err := os.Rename(files[0], tarball); err != nil {
		return "", f.failed(err, "")
	}
	// npm's own copy is of no more use.
	if err := os.RemoveAll(filepath.Join(work, "npm-cache")); err != nil {
		return "", f.failed(err, "")
	}
	return tarball, nil
}

// pack runs npm, and shows the bytes as they arrive in its cache.
func (f *fetcher) pack(ctx context.Context, npm, work, packed string, bar *progress) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, npm, "pack", f.spec, "--pack-destination", packed,
		"--cache", filepath.Join(work, "npm-cache"), "--ignore-scripts", "--loglevel", "error", "--no-update-notifier", "--no-fund", "--no-audit")
	cmd.Dir = work // so that no project's configuration holds
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = npmGrace
	if err := cmd.Start(); err != nil {
		return f.failed(fmt.Errorf("start npm: %w", err), "")
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			switch {
			case ctx.Err() != nil:
				return f.failed(ctx.Err(), "")
			case err != nil:
				return f.failed(fmt.Errorf("npm pack: %w", err), tail(output.String()))
			}
			return nil
		case <-ticker.C:
			bar.set(largestFile(work))
		}
	}
}

// largestFile is the size in bytes of the largest file under dir: npm writes the
// tarball to its cache first, and copies it then.
func largestFile(dir string) int64 {
	var largest int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // it went while we looked
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			largest = max(largest, info.Size())
		}
		return nil
	})
	return largest
}

// checkIntegrity compares the tarball with what is pinned.
func (f *fetcher) checkIntegrity(tarball string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return f.failed(err, "")
	}
	defer func() { _ = file.Close() }()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return f.failed(err, "")
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != f.pkg.integrity {
		return &WrongEngineError{Path: f.spec, Reason: fmt.Sprintf("the package that npm brought is %s, and %s is pinned", got, f.pkg.integrity)}
	}
	return nil
}

// unpack takes the library out of the tarball, checks it, and puts it in its place.
func (f *fetcher) unpack(ctx context.Context, tarball, work string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return f.failed(err, "")
	}
	defer func() { _ = file.Close() }()
	zr, err := gzip.NewReader(file)
	if err != nil {
		return f.failed(fmt.Errorf("unpack: %w", err), "")
	}
	archive := tar.NewReader(zr)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return &WrongEngineError{Path: f.spec, Reason: "the package holds no " + f.pkg.library}
		}
		if err != nil {
			return f.failed(fmt.Errorf("unpack: %w", err), "")
		}
		if header.Name == f.pkg.library && header.Typeflag == tar.TypeReg {
			return f.install(ctx, archive, header.Size, filepath.Join(work, "libchdb.so"))
		}
	}
}

// install writes the library to a file nearby, checks it and renames it.
func (f *fetcher) install(ctx context.Context, src io.Reader, size int64, tmp string) (err error) {
	bar := newProgress(f.cfg.Progress, "Unpacking the ClickHouse engine", size)
	out, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return f.failed(err, "")
	}
	sum := sha256.New()
	written, err := copyContext(ctx, out, src, sum, bar)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		bar.stop()
		return f.failed(fmt.Errorf("unpack: %w", err), "")
	}
	bar.finish()
	if f.pkg.size != 0 && written != f.pkg.size {
		return &WrongEngineError{Path: f.spec, Reason: fmt.Sprintf("the library has %d bytes, and %d are pinned", written, f.pkg.size)}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); f.pkg.sha256 != "" && got != f.pkg.sha256 {
		return &WrongEngineError{Path: f.spec, Reason: fmt.Sprintf("the library's SHA-256 is %s, and %s is pinned", got, f.pkg.sha256)}
	}
	if err := os.Rename(tmp, f.target); err != nil {
		return f.failed(err, "")
	}
	return nil
}

// copyContext copies until ctx is done.
func copyContext(ctx context.Context, dst io.Writer, src io.Reader, sum hash.Hash, bar *progress) (int64, error) {
	buf := make([]byte, 1<<20)
	var total int64
	for {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		n, err := src.Read(buf)
		if n > 0 {
			_, _ = sum.Write(buf[:n]) // never fails
			if _, err := dst.Write(buf[:n]); err != nil {
				return total, err
			}
			total += int64(n)
			bar.set(total)
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func (f *fetcher) failed(err error, output string) error {
	return &FetchError{Package: f.spec, Output: output, Err: err}
}

// tail is the end of npm's output, on one line.
func tail(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > npmOutput {
		s = "…" + s[len(s)-npmOutput:]
	}
	return s
}
