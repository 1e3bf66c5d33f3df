package chd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The library allows one engine per process, and a kill takes the process: so
// what concerns a Server's life is tried in child processes.

// runChild runs a Server on dir until standard input ends, as it does when the
// parent is gone too. It prints the URL, or the error.
func runChild(dir string) int {
	s, err := New(Config{Dir: dir, Addr: "127.0.0.1:0", Engine: os.Getenv(engineVariable), MaxMemory: 1 << 30, StopTimeout: 2 * time.Second})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go func() {
		select {
		case <-s.Ready():
			fmt.Println("url", s.URL())
		case <-ctx.Done():
		}
	}()
	if err := s.Run(ctx); err != nil {
		fmt.Printf("error %T %v\n", err, err)
		return 1
	}
	// The library lets the same process open it again, and another folder too.
	for _, again := range []string{dir, dir + "-2"} {
		s, err := New(Config{Dir: again, Addr: "127.0.0.1:0", Engine: os.Getenv(engineVariable), MaxMemory: 1 << 30})
		if err != nil {
			fmt.Println("error", err)
			return 1
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		select {
		case <-s.Ready():
			if os.Getenv(childVariable+"_AGAIN") != "" {
				resp, err := http.Post(s.URL(), "", strings.NewReader("SELECT count() FROM system.tables WHERE database = 'default'"))
				if err != nil {
					fmt.Println("error", err)
					return 1
				}
				body, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				fmt.Printf("again %s", body)
			}
		case err := <-ended:
			fmt.Println("error", err)
			return 1
		}
		cancel()
		if err := <-ended; err != nil {
			fmt.Println("error", err)
			return 1
		}
	}
	return 0
}

// child is a Server in a process of its own.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
	url   string
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childVariable+"="+dir, childVariable+"_AGAIN=1")
	c.cmd.Stderr = os.Stderr
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin, c.out = stdin, bufio.NewReader(stdout)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.url = strings.TrimPrefix(c.line(t), "url ")
	return c
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the child ended: %v", err)
	}
	if strings.HasPrefix(line, "error") {
		t.Fatalf("the child says: %s", line)
	}
	return strings.TrimSpace(line)
}

func (c *child) post(query, body string) (string, error) {
	resp, err := http.Post(c.url+"/?"+query, "", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d: %s", resp.StatusCode, data)
	}
	return string(data), err
}

func (c *child) mustPost(t *testing.T, query, body string) string {
	t.Helper()
	got, err := c.post(query, body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestServerRestart(t *testing.T) {
	dir := t.TempDir() + "/data"
	c := startChild(t, dir)
	c.mustPost(t, "", "CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
	c.mustPost(t, params("query", "INSERT INTO t FORMAT TSV"), "1\n2\n")

	// The folder is taken meanwhile.
	locked := exec.Command(os.Args[0])
	locked.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := locked.Output()
	if err == nil || !strings.Contains(string(out), "*chd.LockedError") {
		t.Errorf("a second process on the folder: %v, %s", err, out)
	}

	// A statement that outlasts StopTimeout is cancelled, and doesn't keep the data from closing.
	long := make(chan error, 1)
	go func() {
		_, err := c.post("", numbersUntil)
		long <- err
	}()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if got := c.mustPost(t, "", "SELECT count() FROM system.processes"); got == "2\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the long statement never ran")
		}
	}
	// Nor does a client that never ends its data.
	endless, endlessWriter := io.Pipe()
	defer func() { _ = endlessWriter.Close() }()
	insert := make(chan struct{})
	go func() {
		defer close(insert)
		if resp, err := http.Post(c.url+"/?"+params("query", "INSERT INTO t FORMAT TSV"), "", endless); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				t.Error("an INSERT without end succeeded")
			}
		}
	}()
	if _, err := io.WriteString(endlessWriter, "9\n"); err != nil {
		t.Fatal(err)
	}
	_ = c.stdin.Close()
	if err := <-long; err == nil || !strings.Contains(err.Error(), "QUERY_WAS_CANCELLED") {
		t.Errorf("the long statement: %v", err)
	}
	// The same process opens the same folder again, then another.
	if got := c.line(t); got != "again 1" {
		t.Errorf("the same folder again: %q", got)
	}
	if got := c.line(t); got != "again 0" {
		t.Errorf("another folder: %q", got)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("the child's end: %v", err)
	}
	_ = endlessWriter.Close() // the Go client waits for its body even when the server is gone
	<-insert

	c = startChild(t, dir)
	if got := c.mustPost(t, "", "SELECT sum(x) FROM t"); got != "3\n" {
		t.Errorf("after the restart the sum is %q", got)
	}
}

// TestServerKilled kills the process in the middle of inserts: what was
// acknowledged is there afterwards, and the folder opens.
func TestServerKilled(t *testing.T) {
	dir := t.TempDir() + "/data"
	c := startChild(t, dir)
	c.mustPost(t, "", "CREATE TABLE t (x UInt64, s String) ENGINE = MergeTree ORDER BY x")
	const batch = 1000
	next, kept := 0, 0 // batches, acknowledged batches
	for round := range 3 {
		if round > 0 {
			c = startChild(t, dir)
		}
		killed := make(chan struct{})
		for i := 0; ; i++ {
			var rows strings.Builder
			for j := range batch {
				fmt.Fprintf(&rows, "%d\t%s\n", next*batch+j, "some text")
			}
			next++
			if i == 20 {
				go func() {
					defer close(killed)
					_ = c.cmd.Process.Kill()
				}()
			}
			if _, err := c.post(params("query", "INSERT INTO t FORMAT TSV"), rows.String()); err != nil {
				break
			}
			kept++
		}
		<-killed
		_ = c.cmd.Wait()
	}
	c = startChild(t, dir)
	var rows, distinct int
	if _, err := fmt.Sscan(c.mustPost(t, "", "SELECT count(), uniqExact(x) FROM t"), &rows, &distinct); err != nil {
		t.Fatal(err)
	}
	if rows != distinct || rows < kept*batch || rows > next*batch || rows%batch != 0 {
		t.Errorf("%d rows, %d of them distinct, after %d acknowledged and %d tried batches of %d", rows, distinct, kept, next, batch)
	}
}

func TestServerErrors(t *testing.T) {
	serve(t, nil)
	s, err := New(Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Engine: shared.engine.lib.path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != ErrEngineBusy {
		t.Errorf("a second engine in the process: %v", err)
	}
	if err := s.Run(t.Context()); err != ErrStarted {
		t.Errorf("a second Run: %v", err)
	}
	e := serve(t, nil)
	s, err = New(Config{Dir: t.TempDir(), Addr: strings.TrimPrefix(e.URL, "http://"), Engine: shared.engine.lib.path})
	if err != nil {
		t.Fatal(err)
	}
	var taken *AddrInUseError
	if err := s.Run(t.Context()); !asType(err, &taken) {
		t.Errorf("a taken port: %v", err)
	}
	var missing *EngineMissingError
	if _, err := loadLibrary(t.TempDir() + "/libchdb.so"); !asType(err, &missing) {
		t.Errorf("no library: %v", err)
	}
	bad := t.TempDir() + "/libchdb.so"
	if err := os.WriteFile(bad, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	var wrong *WrongEngineError
	if _, err := loadLibrary(bad); !asType(err, &wrong) {
		t.Errorf("not a library: %v", err)
	}
	for _, cfg := range []Config{
		{}, {Dir: "x", Addr: "nowhere"}, {Dir: "x", Addr: "0.0.0.0:8123"}, {Dir: "x", Addr: ":8123"}, {Dir: "x", Addr: "0.0.0.0:8123", Password: "p"}, {Dir: "x", Pool: 1000},
		{Dir: "x", MaxMemory: 1}, {Dir: "x", StopTimeout: -1}, {Dir: "x", MaxThreads: -1}, {Dir: "x", MaxQuerySize: -1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
	if _, err := New(Config{Dir: "x", Addr: "0.0.0.0:8123", Password: "p", AnalystPassword: "a"}); err != nil {
		t.Errorf("an open address with passwords: %v", err)
	}
	var data *DataError
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lockData(file + "/data"); !asType(err, &data) {
		t.Errorf("a folder in a file: %v", err)
	}
}
