package natsd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
)

// MQTT is a listener for MQTT clients (3.1.1), whose messages become the server's own: topic
// "machine/7" is subject "machine.7".
type MQTT struct {
	// Host is the address to listen on; empty means DefaultHost. Port is the TCP port, 1 to 65535.
	Host string
	Port int
	// User and Password are asked of every MQTT client. Required: without TLS they keep strangers out of a
	// lab's own network and no more.
	User, Password string
	// Topics are the only ones that MQTT clients may publish to and listen to, + and # as usual. Required.
	Topics []string
	// TLS, when set, is what every MQTT client must speak. nil: the connections aren't encrypted.
	TLS *tls.Config
}

func (m *MQTT) check(c Config) error {
	var errs []error
	if m.Port < 1 || m.Port > 65535 {
		errs = append(errs, fmt.Errorf("field MQTT.Port is %d: it must be 1 to 65535", m.Port))
	}
	if m.User == "" || m.Password == "" || len(m.Topics) == 0 {
		errs = append(errs, errors.New("fields MQTT.User, Password and Topics are required"))
	}
	if c.User == "" || c.User == m.User {
		errs = append(errs, errors.New("field MQTT needs User and Password for the other clients, and another User"))
	}
	if slices.ContainsFunc(m.Topics, func(t string) bool { return strings.HasPrefix(t, "$") || t == "#" || strings.ContainsAny(t, " .*>") }) {
		errs = append(errs, fmt.Errorf("field MQTT.Topics is %q: topics such as machine/+ are expected, not # alone", m.Topics))
	}
	return errors.Join(errs...)
}

// apply makes two users of one: MQTT clients are held to their topics, and to MQTT.
func (m *MQTT) apply(c Config, o *natsserver.Options) {
	host := m.Host
	if host == "" {
		host = DefaultHost
	}
	subjects := make([]string, len(m.Topics))
	for i, topic := range m.Topics {
		subjects[i] = strings.NewReplacer("/", ".", "+", "*", "#", ">").Replace(topic)
	}
	o.MQTT = natsserver.MQTTOpts{Host: host, Port: m.Port, TLSConfig: m.TLS}
	o.Username, o.Password = "", ""
	types := func(t ...string) map[string]struct{} {
		allowed := map[string]struct{}{}
		for _, name := range t {
			allowed[name] = struct{}{}
		}
		return allowed
	}
	o.Users = []*natsserver.User{
		{Username: c.User, Password: c.Password, AllowedConnectionTypes: types(jwt.ConnectionTypeStandard)},
		{Username: m.User, Password: m.Password, AllowedConnectionTypes: types(jwt.ConnectionTypeMqtt), Permissions: &natsserver.Permissions{
			Publish:   &natsserver.SubjectPermission{Allow: subjects},
			Subscribe: &natsserver.SubjectPermission{Allow: subjects},
		}},
	}
}
