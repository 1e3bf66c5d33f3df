package agentcmd_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vitrine/internal/certs"
	"vitrine/internal/natsd"
	"vitrine/internal/testkit"
	"vitrine/producers"
)

// TestTheAgentsLinksAreEncrypted lets a machine tell the agent by MQTT over TLS, and the agent a programme
// that asks for its certificate, over NATS; what a wrong CA or no certificate come to, over HTTPS too.
func TestTheAgentsLinksAreEncrypted(t *testing.T) {
	ca, foreign := testkit.NewCA(t), testkit.NewCA(t)
	tomorrow := time.Now().Add(12 * time.Hour)
	cert, key := ca.Issue(t, "server", tomorrow, "127.0.0.1")
	mine, myKey := ca.Issue(t, "agent", tomorrow)
	programme, err := certs.New(certs.Config{Files: certs.Files{CA: ca.File, Cert: cert, Key: key}, Use: "test", Server: true})
	if err != nil {
		t.Fatal(err)
	}
	url, _ := testkit.Serve(t, natsd.Config{Dir: t.TempDir(), Port: natsd.AnyPort, SyncInterval: time.Second, TLS: programme.Server(tls.VersionTLS13)})
	own, err := programme.Own()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, nats.Secure(own))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := producers.EnsureStreams(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewUnstartedServer(http.NotFoundHandler())
	gateway.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	gateway.TLS = programme.Server(tls.VersionTLS12)
	gateway.StartTLS()
	defer gateway.Close()

	dir, listen := t.TempDir(), freeAddress(t)
	address := "127.0.0.1:" + fmt.Sprint(31_000+os.Getpid()%700)
	write := func(name, programme, more string) (path string) {
		t.Helper()
		path = filepath.Join(dir, name)
		text := fmt.Sprintf("lab: atelier-nord\nlisten: %s\nprogramme: {%s}\n%s", listen, programme, more)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, text := range map[string]string{"password.txt": "hall\n", "token.txt": "vit_atelier-nord_x\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const series = "sources: [{connector: series, system: a, count: 1}]\n"
	tell := func(file string) string {
		var out bytes.Buffer
		err := run(t.Context(), &out, &out, "check", "--config", file, "--data", filepath.Join(dir, "checked"))
		return fmt.Sprint(out.String(), err)
	}
	natsTo, gatewayTo := fmt.Sprintf("nats: %q", url), fmt.Sprintf("gateway: %q, token-file: token.txt", gateway.URL)
	shown := fmt.Sprintf(", certificate: %q, key: %q", mine, myKey)
	for title, c := range map[string]struct{ programme, says string }{
		"NATS, another CA":           {natsTo + shown + fmt.Sprintf(", ca: %q", foreign.File), "certificate"},
		"NATS, no certificate":       {natsTo + fmt.Sprintf(", ca: %q", ca.File), "tls"},
		"gateway, another CA":        {gatewayTo + shown + fmt.Sprintf(", ca: %q", foreign.File), "unknown authority"},
		"gateway, no certificate":    {gatewayTo + fmt.Sprintf(", ca: %q", ca.File), "certificate required"},
		"gateway, reached after all": {gatewayTo + shown + fmt.Sprintf(", ca: %q", ca.File), "404"},
		"a certificate alone":        {natsTo + fmt.Sprintf(", certificate: %q", mine), "go together"},
		"a key of another's":         {natsTo + fmt.Sprintf(", certificate: %q, key: %q", mine, key), "doesn't belong to the certificate"},
	} {
		if said := tell(write("check.yaml", c.programme, series)); !strings.Contains(said, c.says) {
			t.Errorf("%s: %q isn't said in\n%s", title, c.says, said)
		}
	}

	file := write("agent.yaml", natsTo+shown+fmt.Sprintf(", ca: %q", ca.File),
		fmt.Sprintf("mqtt: {listen: %q, user: machines, password-file: password.txt, certificate: %q, key: %q}\nsources: [{connector: machines, topics: \"machine/+\"}]\n", address, cert, key))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, t.Output(), t.Output(), "--config", file, "--data", filepath.Join(dir, "data"))
	}()
	testkit.Eventually(t, patience, func() error { _, err := statusOf(listen); return err })
	if _, err := client(t, address, "machines", "hall"); err == nil {
		t.Error("a controller without encryption is let in")
	}
	trust, err := certs.New(certs.Config{Files: certs.Files{CA: ca.File}, Use: "test"})
	if err != nil {
		t.Fatal(err)
	}
	controller := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("ssl://" + address).SetClientID("controller").SetTLSConfig(trust.Client()).
		SetUsername("machines").SetPassword("hall").SetConnectTimeout(5 * time.Second).SetAutoReconnect(false))
	for _, do := range []func() mqtt.Token{controller.Connect, func() mqtt.Token { return controller.Publish("machine/7", 1, false, `{"visitors":3}`) }} {
		if token := do(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatalf("over MQTT with TLS: %v", token.Error())
		}
	}
	testkit.Eventually(t, patience, func() error {
		if n := arrived(t, js); n != 1 {
			return fmt.Errorf("%d events arrived", n)
		}
		return nil
	})
	controller.Disconnect(0)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
