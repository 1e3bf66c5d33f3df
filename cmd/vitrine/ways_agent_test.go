package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vitrine/internal/testkit"
)

// labAgent is an agent in a process of its own, with one source.
type labAgent struct {
	*process
	address string
}

// startAgent runs an agent that sends to the gateway with the lab's token; more is the rest of its file.
func startAgent(t *testing.T, r *running, w *wayIn, more string) *labAgent {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	for name, content := range map[string]string{
		"token.txt": w.token, "fabman.txt": "the-token", "secret.txt": "a-long-webhook-secret", "mqtt.txt": "hall", "semaine.csv": weekCSV,
		"agent.yaml": fmt.Sprintf("lab: %s\nlisten: %s\nprogramme: {gateway: %q, token-file: token.txt}\n%s", w.lab, address, r.web, more),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := &labAgent{address: address, process: start(t, "agent", "--config", filepath.Join(dir, "agent.yaml"), "--data", filepath.Join(dir, "data"))}
	testkit.Eventually(t, time.Minute, func() error {
		response, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("the agent answers %s", response.Status)
		}
		return nil
	})
	return a
}

func freeAddress(t *testing.T) string {
	t.Helper()
	flags, _, _, _ := addresses(t)
	return flags[1]
}

// sourceStatus is what a test asks of an agent's source.
type sourceStatus struct {
	Forwarded int `json:"forwarded"`
	Messages  int `json:"messages"`
}

// until waits until the agent's source is as far.
func (a *labAgent) until(t *testing.T, is func(sourceStatus) bool) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		response, err := http.Get("http://" + a.address + "/status.json")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var status struct {
			Sources []sourceStatus `json:"sources"`
		}
		if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
			return err
		}
		if len(status.Sources) != 1 || !is(status.Sources[0]) {
			return fmt.Errorf("%+v", status)
		}
		return nil
	})
}

// forwarded waits until the source's events have reached the programme, and stops the agent.
func (a *labAgent) forwarded(t *testing.T, events int) {
	t.Helper()
	a.until(t, func(s sourceStatus) bool { return s.Forwarded >= events })
	a.stop()
}

func sendByAgent(t *testing.T, r *running, w *wayIn) {
	startAgent(t, r, w, "sources: [{connector: spreadsheet, file: semaine.csv, every: 1h, since: 2026-01-01}]\n").forwarded(t, 5)
}

func sendByWebhook(t *testing.T, r *running, w *wayIn) {
	server := fabmanServer(t).URL // it has no session: all of them come by webhook
	a := startAgent(t, r, w, fmt.Sprintf("sources: [{connector: fabman, name: hall, url: %q, token-file: fabman.txt, webhook-secret-file: secret.txt, every: 24h}]\n", server))
	for _, log := range []string{
		fabmanLog(1, "2026-03-02T13:00:00.000Z", "null"), fabmanLog(1, "2026-03-02T13:00:00.000Z", `"2026-03-02T15:30:00.000Z"`), // begun, then stopped
		fabmanLog(2, "2026-03-03T08:00:00.000Z", `"2026-03-03T09:00:00.000Z"`),
	} {
		body := fmt.Sprintf(`{"id":900,"type":"resourceLog_updated","createdAt":"2026-03-05T11:00:00.384Z","details":{"log":%s,"resource":{"id":245,"name":"Laser","type":1,"space":1},"member":{"id":2999,"firstName":"Jo","lastName":"Exemple","emailAddress":"jo@example.org"}}}`, log)
		response, err := http.Post("http://"+a.address+"/hooks/hall?secret=a-long-webhook-secret", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode/100 != 2 {
			t.Fatalf("the webhook is answered %s", response.Status)
		}
	}
	a.forwarded(t, 2)
}

// sendByMQTT lets two machines tell what was done on them. They know no time: what they tell happens
// now. The second time, the same agent is told the same again, as a controller does that missed an answer.
func sendByMQTT(t *testing.T, r *running, w *wayIn) {
	listen := freeAddress(t)
	a := startAgent(t, r, w, fmt.Sprintf("mqtt: {listen: %q, user: machines, password-file: mqtt.txt}\nsources: [{connector: mqtt, name: hall}]\n", listen))
	controller := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + listen).SetClientID("controller").SetUsername("machines").SetPassword("hall").SetConnectTimeout(5 * time.Second))
	if token := controller.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("MQTT: %v", token.Error())
	}
	t.Cleanup(func() { controller.Disconnect(100) })
	tell := func() {
		t.Helper()
		for topic, seconds := range map[string]int{"machine/7": 9000, "machine/8": 3600} {
			body := fmt.Sprintf(`{"action":"stopuse","uid":"aabbccdd","duration":%d,"replay":false}`, seconds)
			if token := controller.Publish(topic, 1, false, body); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
				t.Fatalf("MQTT publish: %v", token.Error())
			}
		}
	}
	tell()
	a.until(t, func(s sourceStatus) bool { return s.Forwarded == 2 })
	w.again = func(t *testing.T) {
		tell()
		a.until(t, func(s sourceStatus) bool { return s.Messages == 4 && s.Forwarded == 2 })
	}
}
