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
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// fakeFetcher fetches a small package with a program that stands in for npm:
// the real package has 178 MB.
func fakeFetcher(t *testing.T, script string) (*fetcher, []byte) {
	t.Helper()
	library := bytes.Repeat([]byte("library "), 100_000)
	var tgz bytes.Buffer
	zw := gzip.NewWriter(&tgz)
	tw := tar.NewWriter(zw)
	for name, data := range map[string][]byte{"package/package.json": []byte("{}"), "package/libchdb.so": library} {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "source.tgz")
	if err := os.WriteFile(source, tgz.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	npm := filepath.Join(dir, "npm")
	// $4 is the folder after --pack-destination.
	script = strings.NewReplacer("SOURCE", source, "CALLS", filepath.Join(dir, "calls")).Replace(script)
	if err := os.WriteFile(npm, []byte("#!/bin/sh\nset -e\n"+script), 0o700); err != nil { //nolint:gosec // it must be executable
		t.Fatal(err)
	}
	sum512, sum256 := sha512.Sum512(tgz.Bytes()), sha256.Sum256(library)
	return &fetcher{
		cfg:  FetchConfig{NPM: npm},
		spec: "fake@1",
		pkg: enginePackage{
			name: "fake", library: "package/libchdb.so", tarball: int64(tgz.Len()), size: int64(len(library)),
			integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum512[:]), sha256: hex.EncodeToString(sum256[:]),
		},
		target: filepath.Join(dir, "cache", "v", "libchdb.so"),
	}, library
}

const goodNPM = "echo x >> CALLS\ncp SOURCE $4/fake-1.tgz\n"

func TestFetch(t *testing.T) {
	f, library := fakeFetcher(t, goodNPM)
	var out bytes.Buffer
	f.cfg.Progress = &out
	path, err := f.fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, library) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got := out.String(); !strings.Contains(got, "Downloading") || !strings.Contains(got, "Unpacking") {
		t.Errorf("progress: %q", got)
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	for _, entry := range left {
		if entry.Name() != "libchdb.so" && entry.Name() != "fetch.lock" {
			t.Errorf("%s is left", entry.Name())
		}
	}
	// Once is enough, and then npm isn't needed.
	out.Reset()
	f.cfg.NPM = "no-such-npm"
	if _, err := f.fetch(t.Context()); err != nil || out.Len() > 0 {
		t.Errorf("again: %v, %q", err, out.String())
	}
}

func TestFetchAtOnce(t *testing.T) {
	f, _ := fakeFetcher(t, goodNPM)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := f.fetch(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	calls, err := os.ReadFile(filepath.Join(filepath.Dir(f.cfg.NPM), "calls"))
	if err != nil || string(calls) != "x\n" {
		t.Errorf("npm was called %d times, %v", strings.Count(string(calls), "x"), err)
	}
}

func TestFetchAfterAKill(t *testing.T) {
	f, library := fakeFetcher(t, goodNPM)
	work := filepath.Join(filepath.Dir(f.target), "unfinished")
	if err := os.MkdirAll(filepath.Join(work, "npm-cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	// Half a download and half a library lie about.
	for _, name := range []string{"package.tgz", "libchdb.so"} {
		if err := os.WriteFile(filepath.Join(work, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := f.fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, library) {
		t.Error("the library isn't whole")
	}
}

func TestFetchErrors(t *testing.T) {
	t.Run("no npm", func(t *testing.T) {
		f, _ := fakeFetcher(t, goodNPM)
		f.cfg.NPM = filepath.Join(t.TempDir(), "npm")
		var missing *NPMMissingError
		if _, err := f.fetch(t.Context()); !asType(err, &missing) {
			t.Error(err)
		}
	})
	t.Run("npm fails", func(t *testing.T) {
		f, _ := fakeFetcher(t, "echo no network >&2; exit 7")
		var failed *FetchError
		if _, err := f.fetch(t.Context()); !asType(err, &failed) || !strings.Contains(failed.Output, "no network") {
			t.Error(err)
		}
	})
	t.Run("another tarball", func(t *testing.T) {
		f, _ := fakeFetcher(t, "echo rubbish > $4/fake-1.tgz")
		var wrong *WrongEngineError
		if _, err := f.fetch(t.Context()); !asType(err, &wrong) {
			t.Error(err)
		}
		if f.there() {
			t.Error("it was installed")
		}
	})
	t.Run("another library", func(t *testing.T) {
		f, _ := fakeFetcher(t, goodNPM)
		f.pkg.sha256 = strings.Repeat("0", 64)
		var wrong *WrongEngineError
		if _, err := f.fetch(t.Context()); !asType(err, &wrong) || f.there() {
			t.Error(err)
		}
	})
	t.Run("no library in the package", func(t *testing.T) {
		f, _ := fakeFetcher(t, goodNPM)
		f.pkg.library = "package/other.so"
		var wrong *WrongEngineError
		if _, err := f.fetch(t.Context()); !asType(err, &wrong) {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		f, _ := fakeFetcher(t, "echo x >> CALLS\nexec sleep 600")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := f.fetch(ctx)
			done <- err
		}()
		eventually(t, "npm running", func() bool {
			_, err := os.Stat(filepath.Join(filepath.Dir(f.cfg.NPM), "calls"))
			return err == nil
		})
		cancel()
		if err := <-done; err == nil || !strings.Contains(err.Error(), "context canceled") {
			t.Error(err)
		}
	})
	t.Run("cache not writable", func(t *testing.T) {
		f, _ := fakeFetcher(t, goodNPM)
		f.target = filepath.Join(f.cfg.NPM, "cache", "libchdb.so") // below a file
		var failed *FetchError
		if _, err := f.fetch(t.Context()); !asType(err, &failed) {
			t.Error(err)
		}
	})
}

func TestPlatform(t *testing.T) {
	if _, err := platform(); err != nil {
		t.Error(err)
	}
	err := error(&UnsupportedPlatformError{Platform: "plan9/386", Supported: []string{"linux/amd64"}})
	if !strings.Contains(err.Error(), "linux/amd64") {
		t.Error(err)
	}
	path, err := DefaultEngine()
	if err != nil || !strings.Contains(path, fmt.Sprintf("%s-%s-%s", Version, runtime.GOOS, runtime.GOARCH)) {
		t.Error(path, err)
	}
}
