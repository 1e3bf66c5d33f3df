package mqttaccess_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"vitrine/producers/importers"
	"vitrine/producers/importers/mqttaccess"
)

// TestOverMQTT: a controller's messages through NATS's own MQTT listener. A topic "machine/7" is
// the subject "machine.7" there.
func TestOverMQTT(t *testing.T) {
	opts := &server.Options{
		ServerName: "lab", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT},
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server isn't ready")
	}

	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	heard, err := nc.SubscribeSync("machine.*")
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}

	controller := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(fmt.Sprintf("tcp://%s:%d", opts.MQTT.Host, opts.MQTT.Port)).SetClientID("7").SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond))
	done := func(what string, token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatalf("%s: %v", what, token.Error())
		}
	}
	done("connect", controller.Connect())
	defer controller.Disconnect(0)
	for qos, body := range []string{
		`{"action":"startuse","uid":"aabbccdd","replay":false}`,
		`{"action":"stopuse","uid":"aabbccdd","duration":5400,"replay":false}`,
	} {
		done(body, controller.Publish("machine/7", byte(qos), false, body))
	}

	im := newImporter(t, mqttaccess.Config{State: kept{}})
	var messages []importers.Message
	for _, when := range []string{"2026-03-03T14:00:00Z", "2026-03-03T15:30:00Z"} {
		m, err := heard.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, importers.Message{At: at(when), Seq: uint64(len(messages) + 1), Topic: strings.ReplaceAll(m.Subject, ".", "/"), Body: m.Data})
	}
	if got := times(t, receive(t, im, messages...)); got != "machine-7 2026-03-03 15:00:00–16:30:00" {
		t.Errorf("got %s", got)
	}
}
