package agentcmd_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vitrine/internal/testkit"
	"vitrine/producers/agent"
)

func client(t *testing.T, address, user, password string) (mqtt.Client, error) {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("controller-" + rand.Text()).
		SetUsername(user).SetPassword(password).SetConnectTimeout(5 * time.Second).SetAutoReconnect(false))
	token := c.Connect()
	if !token.WaitTimeout(10 * time.Second) {
		t.Fatal("no answer to an MQTT connection")
	}
	if token.Error() == nil {
		t.Cleanup(func() { c.Disconnect(0) })
	}
	return c, token.Error()
}

// Machines' messages become events; a card's number is on the agent's disk no longer than that takes,
// and a controller can do nothing else with its password.
func TestMachinesTellTheAgentByMQTT(t *testing.T) {
	js := testkit.Streams(t)
	dir, listen := t.TempDir(), freeAddress(t)
	address := "127.0.0.1:" + fmt.Sprint(32_000+os.Getpid()%700)
	config, data := filepath.Join(dir, "agent.yaml"), filepath.Join(dir, "data")
	for name, text := range map[string]string{
		"password.txt": "hall\n",
		"agent.yaml": fmt.Sprintf(`lab: atelier-nord
listen: %s
programme: {nats: %q}
mqtt: {listen: %q, user: machines, password-file: password.txt}
sources: [{connector: machines, topics: "machine/+"}]
`, listen, js.Conn().ConnectedUrl(), address),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, t.Output(), t.Output(), "--config", config, "--data", data) }()
	status := func(cond func(agent.Status) bool) {
		t.Helper()
		testkit.Eventually(t, patience, func() error {
			st, err := statusOf(listen)
			if err == nil && !cond(st) {
				err = fmt.Errorf("%w: %+v", errNotYet, st)
			}
			return err
		})
	}
	status(func(st agent.Status) bool { return len(st.Sources) == 1 })

	for _, password := range []string{"wrong", ""} {
		if _, err := client(t, address, "machines", password); err == nil {
			t.Errorf("password %q is accepted", password)
		}
	}
	c, err := client(t, address, "machines", "hall")
	if err != nil {
		t.Fatal(err)
	}
	const card = "04A1B2C3D4E5F6"
	for i := range 5 {
		body := fmt.Sprintf(`{"visitors":%d,"uid":%q}`, i, card)
		if token := c.Publish("machine/7", 1, i == 0, body); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatalf("publish: %v", token.Error())
		}
	}
	if token := c.Publish("machine/7", 1, false, "not JSON "+card); !token.WaitTimeout(10 * time.Second) {
		t.Fatal("publish")
	}
	status(func(st agent.Status) bool {
		s := st.Sources[0]
		return s.Messages == 6 && s.Spooled == 5 && s.Forwarded == 5 && s.ErrorCount == 1
	})
	if n := arrived(t, js); n != 5 {
		t.Errorf("%d events arrived", n)
	}

	// What isn't a machine's topic goes nowhere; the server closes the connection or drops the message.
	for _, topic := range []string{"agent/spool/machines", "$JS/API/STREAM/DELETE/AGENT_SPOOL", "vitrine/events/x"} {
		c, err := client(t, address, "machines", "hall")
		if err != nil {
			t.Fatal(err)
		}
		c.Publish(topic, 1, false, "{}").WaitTimeout(300 * time.Millisecond)
	}
	if token := c.Publish("machine/8", 1, false, `{"visitors":9}`); !token.WaitTimeout(10 * time.Second) {
		t.Fatal("publish")
	}
	status(func(st agent.Status) bool { return st.Sources[0].Forwarded == 6 && st.Spool.Refused == 0 })

	testkit.Eventually(t, patience, func() error { return without(data, card) })
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := without(data, card); err != nil {
		t.Error(err)
	}
}

// without fails if a text is in any file of a folder.
func without(dir, text string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		raw, err := os.ReadFile(path)
		if err == nil && bytes.Contains(raw, []byte(text)) {
			return fmt.Errorf("%s holds a card's number", strings.TrimPrefix(path, dir))
		}
		return ignoreGone(err)
	})
}

func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
