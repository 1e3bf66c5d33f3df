package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/natsd"
	"vitrine/producers/credentials"
)

// compose is what of docker-compose.yml is checked here.
type compose struct {
	Services map[string]struct {
		Image       string
		Build       any
		Command     []string
		Ports       []string
		Volumes     []string
		Environment map[string]string
		Profiles    []string
		Restart     string
		Healthcheck struct{ Test []string }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

func loadCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	// A key beside a merged one replaces it in Compose; this parser takes it for a duplicate.
	if err := yaml.UnmarshalWithOptions(read(t, "docker-compose.yml"), &c, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	if len(c.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return c
}

// pinned says whether an image's tag holds a version: latest, stable and no tag don't.
func pinned(image string) bool {
	return regexp.MustCompile(`^[a-z0-9./-]+:v?\d+(\.\d+)*([.-][A-Za-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$`).MatchString(image)
}

func loopback(port string) bool {
	return regexp.MustCompile(`^127\.0\.0\.1:\d+:\d+$`).MatchString(port)
}

func TestCompose(t *testing.T) {
	c := loadCompose(t)
	dir := root(t)
	binary := binarySource(t)
	for name, s := range c.Services {
		if s.Build == nil && !pinned(s.Image) {
			t.Errorf("%s: image %q isn't pinned to a version", name, s.Image)
		}
		for _, p := range s.Ports {
			if !loopback(p) {
				t.Errorf("%s: port %q isn't published on 127.0.0.1 alone", name, p)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := c.Volumes[source]; named {
				continue
			}
			if !strings.HasPrefix(source, "./") {
				t.Errorf("%s: volume %q is neither declared below nor in the repository", name, v)
			} else if _, err := os.Stat(filepath.Join(dir, source)); err != nil {
				t.Errorf("%s mounts what isn't there: %v", name, err)
			}
		}
		for on, d := range s.DependsOn {
			other, ok := c.Services[on]
			switch {
			case !ok:
				t.Errorf("%s depends on %s, which isn't there", name, on)
			case d.Condition == "service_healthy" && len(other.Healthcheck.Test) == 0:
				t.Errorf("%s waits for %s to be healthy, which has no healthcheck", name, on)
			case len(other.Profiles) > 0 && len(s.Profiles) == 0:
				t.Errorf("%s depends on %s, which is off by default", name, on)
			}
		}
		if len(s.Command) > 0 && s.Command[0] == "migrate" && s.Restart != "no" {
			t.Errorf("%s runs once, but restart is %q", name, s.Restart)
		}
		if s.Build != nil {
			if len(s.Command) == 0 || !hasCommand(binary, s.Command[0]) {
				t.Errorf("%s runs `vitrine %s`, which isn't a command of cmd/vitrine", name, strings.Join(s.Command, " "))
			}
			for variable := range s.Environment {
				if !hasVariable(binary, variable) {
					t.Errorf("%s sets %s, but cmd/vitrine has no flag of that name", name, variable)
				}
			}
			for _, variable := range []string{"VITRINE_NATS_URL", "VITRINE_CLICKHOUSE_URL"} {
				if s.Environment[variable] == "" {
					t.Errorf("%s lacks %s", name, variable)
				}
			}
		}
	}
}

// binarySource is the source of cmd/vitrine, without its tests.
func binarySource(t *testing.T) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "cmd", "vitrine", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source...)
	}
	return all
}

// hasCommand says whether the source declares a cobra command of that name.
func hasCommand(source []byte, name string) bool {
	return regexp.MustCompile(`Use:\s*"` + regexp.QuoteMeta(name) + `["\s]`).Match(source)
}

// hasVariable says whether the source declares the flag that an environment variable sets:
// VITRINE_NATS_URL is --nats-url.
func hasVariable(source []byte, variable string) bool {
	name, ours := strings.CutPrefix(variable, "VITRINE_")
	flag := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	return ours && regexp.MustCompile(`Var(P)?\([^"]+"`+regexp.QuoteMeta(flag)+`"`).Match(source)
}

func TestComposeChecksBite(t *testing.T) {
	for image, want := range map[string]bool{
		"nats:2.15.0-alpine": true, "clickhouse/clickhouse-server:26.7.5.10": true, "prom/prometheus:v3.13.3": true, "debian:12-slim": true,
		"nats": false, "nats:latest": false, "nats:alpine": false, "grafana/grafana:main": false, "x:${TAG}": false,
	} {
		if pinned(image) != want {
			t.Errorf("pinned(%q) = %t", image, !want)
		}
	}
	source := []byte("cobra.Command{Use: \"import SOURCE\"}\nflags.StringVar(&c.URL, \"nats-url\", \"\", \"serve\")")
	if !hasCommand(source, "import") || hasCommand(source, "serve") || hasCommand(source, "imp") {
		t.Error("hasCommand doesn't tell commands from other words")
	}
	if !hasVariable(source, "VITRINE_NATS_URL") || hasVariable(source, "VITRINE_HTTP") || hasVariable(source, "NATS_URL") {
		t.Error("hasVariable doesn't tell flags from other words")
	}
	for port, want := range map[string]bool{"127.0.0.1:80:80": true, "80:80": false, "0.0.0.0:80:80": false, "80": false} {
		if loopback(port) != want {
			t.Errorf("loopback(%q) = %t", port, !want)
		}
	}
}

func TestDockerfile(t *testing.T) {
	text := string(read(t, "Dockerfile"))
	froms := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1)
	if len(froms) != 2 {
		t.Fatalf("the Dockerfile has %d stages, want 2", len(froms))
	}
	for _, from := range froms {
		if !pinned(from[1]) {
			t.Errorf("base image %q isn't pinned to a version", from[1])
		}
	}
	if !regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(text) {
		t.Error("the image doesn't run as an unprivileged user, by number")
	}
	// The builder is the Go release series that go.mod asks for.
	series := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(read(t, "go.mod"))
	if series == nil || !strings.HasPrefix(froms[0][1], "golang:"+string(series[1])+".") {
		t.Errorf("the build stage's %s isn't go.mod's Go %s", froms[0][1], series)
	}
}

// TestNATSConfig starts a server with the file, with keys as `vitrine lab keys` makes them, and holds it
// against the embedded server's settings.
func TestNATSConfig(t *testing.T) {
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	// The volume is somewhere else here.
	moved := func(path string, text []byte) {
		t.Helper()
		if !strings.Contains(string(text), "/data") {
			t.Errorf("%s keeps nothing in /data, the volume", path)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "/data", filepath.Join(dir, "data"))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	included, err := os.ReadFile(keys.ServerConfig())
	if err != nil {
		t.Fatal(err)
	}
	moved(keys.ServerConfig(), included)
	moved(filepath.Join(dir, "nats.conf"), read(t, "deploy", "nats.conf"))
	o, err := server.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !o.JetStream || o.StoreDir != filepath.Join(dir, "data") {
		t.Errorf("JetStream = %t in %q, want true in /data, the volume", o.JetStream, o.StoreDir)
	}
	if !o.SyncAlways || o.MaxPayload != natsd.DefaultMaxPayload {
		t.Errorf("flushed always = %t and payload %d, the embedded server has true and %d", o.SyncAlways, o.MaxPayload, natsd.DefaultMaxPayload)
	}
	if o.Port != natsd.DefaultPort || o.DefaultSentinel != "" {
		t.Errorf("port %d, want %d; connections without credentials: %q", o.Port, natsd.DefaultPort, o.DefaultSentinel)
	}

	o.Port, o.HTTPPort, o.NoSigs, o.NoLog = -1, -1, true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server doesn't start")
	}
	if conn, err := nats.Connect(s.ClientURL()); err == nil {
		conn.Close()
		t.Error("it lets anybody in")
	}
	conn, err := nats.Connect(s.ClientURL(), nats.UserCredentials(keys.ServiceCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := credentials.NewRegistry(credentials.RegistryConfig{JetStream: js, URL: s.ClientURL(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	issued, err := registry.Add(t.Context(), "atelier-nord")
	if err != nil {
		t.Fatal(err)
	}
	lab, err := nats.Connect(s.ClientURL(), nats.UserCredentialBytes(issued.Creds))
	if err != nil {
		t.Fatalf("a lab isn't let in: %v", err)
	}
	lab.Close()
	if err := registry.Revoke(t.Context(), "atelier-nord"); err != nil {
		t.Fatal(err)
	}
	if lab, err := nats.Connect(s.ClientURL(), nats.UserCredentialBytes(issued.Creds)); err == nil {
		lab.Close()
		t.Error("a revoked lab is let in")
	}
}

// TestKubernetesNATSConfig reads the file of deploy/kubernetes as a server would: a cluster of three, flushed as the others are.
func TestKubernetesNATSConfig(t *testing.T) {
	dir := t.TempDir()
	keys, err := credentials.EnsureKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{keys.ServerConfig(): nil, filepath.Join(dir, "nats.conf"): read(t, "deploy", "kubernetes", "base", "nats.conf")} {
		if text == nil {
			if text, err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "/data", filepath.Join(dir, "data"))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("POD_NAME", "nats-1")
	o, err := server.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if o.ServerName != "nats-1" || o.StoreDir != filepath.Join(dir, "data") || !o.SyncAlways || o.MaxPayload != natsd.DefaultMaxPayload || len(o.Routes) != 3 || o.Cluster.Name == "" {
		t.Errorf("name %q, data in %q, flushed always %t, payload %d, routes %v of %q", o.ServerName, o.StoreDir, o.SyncAlways, o.MaxPayload, o.Routes, o.Cluster.Name)
	}
}

// TestPrometheus checks that each target is a service that is there.
func TestPrometheus(t *testing.T) {
	var config struct {
		ScrapeConfigs []struct {
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(read(t, "dashboards", "prometheus", "prometheus.yml"), &config); err != nil {
		t.Fatal(err)
	}
	services := loadCompose(t).Services
	for _, job := range config.ScrapeConfigs {
		for _, group := range job.StaticConfigs {
			for _, target := range group.Targets {
				host, _, _ := strings.Cut(target, ":")
				if _, ok := services[host]; !ok && host != "127.0.0.1" {
					t.Errorf("job %s scrapes %s, which isn't a service of docker-compose.yml", job.JobName, target)
				}
			}
		}
	}
	if len(config.ScrapeConfigs) == 0 {
		t.Error("nothing is scraped")
	}
}
