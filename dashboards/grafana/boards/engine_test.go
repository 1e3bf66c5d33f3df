package boards

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a Vitrine that dashboards ask: its ClickHouse over HTTP, and its metrics.
type running struct{ clickhouse, web string }

// The query test can ask a demo that runs already, which is quicker while dashboards are written:
//
//	go test ./boards -run TestQueries -v -args -clickhouse http://127.0.0.1:8123 -web http://127.0.0.1:8080
var (
	clickhouseFlag = flag.String("clickhouse", "", "ClickHouse of a demo that runs already")
	webFlag        = flag.String("web", "", "its pages, which show the metrics")
	tableFlag      = flag.String("table", "", "file that BenchmarkQueries writes a table to")
	binaryFlag     = flag.String("binary", "", "vitrine, if it is built already, as make test has it")
)

// months is how long the demo's history is: enough for every panel to have something to show.
const months = 6

// demo is a simulated programme, counted and with its approved periods frozen.
func demo(t testing.TB) running {
	t.Helper()
	if *clickhouseFlag != "" {
		return running{clickhouse: strings.TrimSuffix(*clickhouseFlag, "/vitrine"), web: *webFlag}
	}
	binary, data := binary(t), t.TempDir()
	flags, _ := addresses(t)
	load := exec.CommandContext(t.Context(), binary, append([]string{"demo", "--once", "--data", data, "--months", fmt.Sprint(months)}, flags...)...)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("load the demo: %v\n%s", err, out)
	}
	return start(t, binary, data)
}

// empty is a database with its tables, and nothing in them.
func empty(t *testing.T) running {
	t.Helper()
	return start(t, binary(t), t.TempDir())
}

func binary(t testing.TB) string {
	t.Helper()
	if *binaryFlag != "" {
		return *binaryFlag
	}
	path := filepath.Join(t.TempDir(), "vitrine")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/vitrine")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build vitrine: %v\n%s", err, out)
	}
	return path
}

func addresses(t testing.TB) ([]string, running) {
	t.Helper()
	var free []string
	for len(free) < 3 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(20_000)))
		if err != nil {
			continue // taken
		}
		defer l.Close()
		free = append(free, l.Addr().String())
	}
	return []string{"--http-addr", free[0], "--nats-addr", free[1], "--clickhouse-addr", free[2]},
		running{clickhouse: "http://" + free[2], web: "http://" + free[0]}
}

func start(t testing.TB, binary, data string) running {
	t.Helper()
	flags, r := addresses(t)
	var out strings.Builder
	up := exec.Command(binary, append([]string{"up", "--data", data, "--log-level", "warn"}, flags...)...)
	up.Stdout, up.Stderr = &out, &out
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = up.Process.Signal(syscall.SIGTERM)
		_ = up.Wait()
		if t.Failed() {
			t.Logf("vitrine up said:\n%s", out.String())
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get(r.web + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return r
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("vitrine up isn't ready after 2 minutes")
		}
	}
}

// answer is what ClickHouse says to a query.
type answer struct {
	Meta []struct{ Name, Type string }
	Data [][]any
}

func (r running) query(ctx context.Context, sql string) (answer, error) {
	address := r.clickhouse + "/?database=vitrine&readonly=1&default_format=JSONCompact&output_format_json_quote_64bit_integers=0"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(sql))
	if err != nil {
		return answer{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("%s: %s", response.Status, body)
	}
	var a answer
	return a, json.Unmarshal(body, &a)
}

// metrics are how many series each metric has.
func (r running) metrics(ctx context.Context) (map[string]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.web+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^([a-zA-Z_:][\w:]*)[{ ]`).FindAllStringSubmatch(string(body), -1) {
		all[m[1]]++
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(string(body), -1) {
		all[m[1]] += 0
	}
	return all, nil
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}
