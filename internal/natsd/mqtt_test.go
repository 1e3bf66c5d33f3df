package natsd

import (
	"strings"
	"testing"
)

func TestMQTTIsHeldToItsTopics(t *testing.T) {
	good := func() Config {
		return Config{Dir: t.TempDir(), User: "own", Password: "x", MQTT: &MQTT{Port: 1883, User: "machines", Password: "y", Topics: []string{"machine/+", "door/#"}}}
	}
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.MQTT.Port = 0 }, "MQTT.Port"},
		{func(c *Config) { c.MQTT.Password = "" }, "required"},
		{func(c *Config) { c.MQTT.Topics = nil }, "required"},
		{func(c *Config) { c.User, c.Password = "", "" }, "other clients"},
		{func(c *Config) { c.MQTT.User = "own" }, "another User"},
		{func(c *Config) { c.MQTT.Topics = []string{"#"} }, "not # alone"},
		{func(c *Config) { c.MQTT.Topics = []string{"$JS/API/+"} }, "such as machine/+"},
		{func(c *Config) { c.MQTT.Topics = []string{"a.b"} }, "such as machine/+"},
	} {
		cfg := good()
		c.change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", cfg.MQTT, err, c.want)
		}
	}
	s, err := New(good())
	if err != nil {
		t.Fatal(err)
	}
	o := s.options()
	if o.Username != "" || len(o.Users) != 2 || o.MQTT.Host != DefaultHost || o.MQTT.Port != 1883 {
		t.Fatalf("options %+v", o.MQTT)
	}
	machines := o.Users[1]
	if got := strings.Join(machines.Permissions.Publish.Allow, " ") + "; " + strings.Join(machines.Permissions.Subscribe.Allow, " "); got != "machine.* door.>; machine.* door.>" {
		t.Errorf("machines may use %s", got)
	}
	if _, std := machines.AllowedConnectionTypes["STANDARD"]; std || len(machines.AllowedConnectionTypes) != 1 {
		t.Errorf("machines may connect by %v", machines.AllowedConnectionTypes)
	}
}
