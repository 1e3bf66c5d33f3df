package agent

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func (r *fileReader) read(raw []byte) *File {
	m := r.root(raw)
	if m == nil {
		return nil
	}
	f := &File{Zone: time.UTC}
	var line int
	if f.Lab, line = m.text("lab"); !schemas.IsSlug(f.Lab) {
		r.bad(line, "lab : « %s » reçu, attendu le code du fab lab, par exemple atelier-nord", "lab: found %q, expected the lab's code, such as atelier-nord", f.Lab)
	}
	zone, line := m.text("zone")
	if zone == "" {
		zone = schemas.DefaultZone
	}
	if z, err := time.LoadLocation(zone); err == nil {
		f.Zone = z
	} else {
		r.bad(line, "zone : « %s » reçu, attendu par exemple Europe/Paris", "zone: found %q, expected for example Europe/Paris", zone)
	}
	if f.Listen = m.address("listen"); f.Listen == "" {
		f.Listen = DefaultListen
	}
	f.HooksListen = m.address("hooks-listen")
	f.SaltFile = m.path("salt-file")
	f.Programme = r.programme(m)
	f.Spool = r.spool(m.sub("spool"))
	f.Sources = r.sources(m, f.Zone)
	f.MQTT = r.mqtt(m, f.Sources)
	m.rest("lab, zone, listen, hooks-listen, salt-file, programme, spool, mqtt, sources")
	return f
}

// address is a key's host and port.
func (m *mapping) address(key string) string {
	s, line := m.text(key)
	if s == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(s)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		m.r.bad(line, "%s : « %s » reçu, attendu une adresse et un port, par exemple 127.0.0.1:8081", "%s: found %q, expected an address and a port, such as 127.0.0.1:8081", key, s)
	}
	return s
}

func (r *fileReader) programme(m *mapping) ProgrammeSpec {
	p := m.sub("programme")
	if p == nil {
		if m.take("programme") == nil {
			r.bad(m.line, "« programme » manque : l'adresse (nats ou gateway) où envoyer l'activité", "“programme” is missing: the address (nats or gateway) to send the activity to")
		}
		return ProgrammeSpec{}
	}
	var s ProgrammeSpec
	s.NATS, _ = p.text("nats")
	s.Gateway, _ = p.text("gateway")
	s.Credentials, s.TokenFile = p.readable("credentials"), p.readable("token-file")
	s.CA, s.Certificate, s.Key = p.readable("ca"), p.readable("certificate"), p.readable("key")
	if (s.Certificate == "") != (s.Key == "") {
		r.bad(p.line, "programme : « certificate » et « key » vont ensemble", "programme: “certificate” and “key” go together")
	}
	plain, line := p.text("plain-http")
	if plain != "" && plain != "true" && plain != "false" {
		r.bad(line, "plain-http : true ou false attendu", "plain-http: expected true or false")
	}
	s.PlainHTTP = plain == "true"
	switch {
	case (s.NATS == "") == (s.Gateway == ""):
		r.bad(p.line, "programme : « nats » ou « gateway » est attendu, l'un des deux", "programme: “nats” or “gateway” is expected, one of them")
	case s.Gateway != "" && s.TokenFile == "":
		r.bad(p.line, "programme : « gateway » demande « token-file », le fichier du jeton", "programme: “gateway” needs “token-file”, the file that holds the token")
	case s.Gateway != "" && s.Credentials != "", s.NATS != "" && s.TokenFile != "":
		r.bad(p.line, "programme : « credentials » va avec « nats », « token-file » avec « gateway »", "programme: “credentials” goes with “nats”, “token-file” with “gateway”")
	}
	p.rest("nats, credentials, gateway, token-file, ca, certificate, key, plain-http")
	return s
}

func (r *fileReader) spool(m *mapping) SpoolSpec {
	s := SpoolSpec{MaxBytes: DefaultMaxBytes, MaxEvents: DefaultMaxEvents}
	if m == nil {
		return s
	}
	number := func(key string, least int64, value *int64, unit int64) {
		given, line := m.text(key)
		if given == "" {
			return
		}
		n, err := strconv.ParseInt(given, 10, 32)
		if err != nil || n < least {
			r.bad(line, "%s : « %s » reçu, attendu un nombre entier à partir de %d", "%s: found %q, expected a whole number from %d", key, given, least)
			return
		}
		*value = n * unit
	}
	number("max-megabytes", 1, &s.MaxBytes, 1<<20)
	number("max-events", 1, &s.MaxEvents, 1)
	s.SyncInterval, _ = m.duration("sync-interval", 0)
	m.rest("max-megabytes, max-events, sync-interval")
	return s
}

// duration is a key's, at least least; 0 if it isn't there.
func (m *mapping) duration(key string, least time.Duration) (d time.Duration, given bool) {
	s, line := m.text(key)
	if s == "" {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < least {
		m.r.bad(line, "%s : « %s » reçu, attendu une durée d'au moins %s, par exemple 15m", "%s: found %q, expected a duration of at least %s, such as 15m", key, s, least)
	}
	return d, true
}

func (r *fileReader) mqtt(m *mapping, sources []SourceSpec) MQTTSpec {
	needed := slices.ContainsFunc(sources, func(s SourceSpec) bool {
		c, _ := r.connector(s.Connector)
		return c.Feed == importers.MQTT
	})
	sub := m.sub("mqtt")
	if sub == nil {
		if needed && m.take("mqtt") == nil {
			r.bad(m.line, "« mqtt » manque : une source écoute les machines (listen, user, password-file)", "“mqtt” is missing: a source listens to machines (listen, user, password-file)")
		}
		return MQTTSpec{}
	}
	var s MQTTSpec
	s.Listen = sub.address("listen")
	s.User, _ = sub.text("user")
	s.PasswordFile = sub.readable("password-file")
	if s.Listen == "" || s.User == "" || s.PasswordFile == "" {
		r.bad(sub.line, "mqtt : « listen », « user » et « password-file » sont attendus", "mqtt: “listen”, “user” and “password-file” are expected")
	}
	s.Certificate, s.Key = sub.readable("certificate"), sub.readable("key")
	if (s.Certificate == "") != (s.Key == "") {
		r.bad(sub.line, "mqtt : « certificate » et « key » vont ensemble", "mqtt: “certificate” and “key” go together")
	}
	sub.rest("listen, user, password-file, certificate, key")
	if !needed {
		return MQTTSpec{}
	}
	return s
}

func (r *fileReader) connector(name string) (importers.Connector, bool) {
	for _, c := range r.connectors {
		if c.Name == name {
			return c, true
		}
	}
	return importers.Connector{}, false
}

func (r *fileReader) sources(m *mapping, zone *time.Location) []SourceSpec {
	e := m.take("sources")
	list, ok := (*ast.SequenceNode)(nil), false
	if e != nil {
		list, ok = e.value.(*ast.SequenceNode)
	}
	if !ok || len(list.Values) == 0 {
		line := m.line
		if e != nil {
			line = e.line
		}
		r.bad(line, "« sources » : une liste de sources est attendue", "“sources”: a list of sources is expected")
		return nil
	}
	var specs []SourceSpec
	names := map[string]bool{}
	for _, n := range list.Values {
		sub := r.mapping(n, lineOf(n))
		if sub == nil {
			continue
		}
		spec, line, ok := r.source(sub, zone)
		if !ok {
			continue
		}
		if names[spec.Name] {
			r.bad(line, "deux sources s'appellent « %s » : donnez-leur des noms (name)", "two sources are called %q: give them names (name)", spec.Name)
		}
		names[spec.Name] = true
		specs = append(specs, spec)
	}
	return specs
}

func (r *fileReader) source(m *mapping, zone *time.Location) (SourceSpec, int, bool) {
	s := SourceSpec{At: -1, Values: map[string]string{}}
	var line int
	s.Connector, line = m.text("connector")
	c, known := r.connector(s.Connector)
	if !known {
		names := make([]string, len(r.connectors))
		for i, c := range r.connectors {
			names[i] = c.Name
		}
		r.bad(line, "connector : « %s » reçu, attendu l'un de : %s", "connector: found %q, expected one of: %s", s.Connector, strings.Join(names, ", "))
		return s, line, false
	}
	s.AllAtOnce = c.AllAtOnce
	if name, at := m.text("name"); name != "" {
		s.Name, line = name, at
	} else {
		s.Name = c.Name
	}
	if !schemas.IsSlug(s.Name) {
		r.bad(line, "name : « %s » reçu, attendu des lettres minuscules, chiffres et tirets", "name: found %q, expected lower-case letters, digits and dashes", s.Name)
	}
	r.schedule(m, &s, c, zone)
	known2 := []string{"connector", "name", "every", "at", "since"}
	for _, setting := range c.Settings {
		known2 = append(known2, r.setting(m, setting, s.Values))
	}
	m.rest(strings.Join(known2, ", "))
	if c.Feed == importers.MQTT {
		for _, topic := range topicsOf(s) {
			if !usable(topic) {
				r.bad(line, "topics : « %s » reçu, attendu un sujet tel que machine/+, dont le premier niveau est un mot autre que « agent »",
					"topics: found %q, expected a topic such as machine/+, whose first level is a word other than “agent”", topic)
			}
		}
	}
	return s, line, true
}

func (r *fileReader) schedule(m *mapping, s *SourceSpec, c importers.Connector, zone *time.Location) {
	every, given := m.duration("every", MinEvery)
	s.Every = every
	if at, line := m.text("at"); at != "" {
		t, err := time.Parse("15:04", at)
		switch {
		case given:
			r.bad(line, "« every » ou « at », l'un des deux", "“every” or “at”, one of them")
		case err != nil:
			r.bad(line, "at : « %s » reçu, attendu une heure, par exemple 06:30", "at: found %q, expected a time of the day, such as 06:30", at)
		default:
			s.At = t.Hour()*60 + t.Minute()
		}
	} else if !given && c.Feed != importers.MQTT {
		s.Every = DefaultEvery
	}
	if since, line := m.text("since"); since != "" {
		t, err := time.ParseInLocation(time.DateOnly, since, zone)
		if err != nil {
			r.bad(line, "since : « %s » reçu, attendu un jour, par exemple 2026-01-01", "since: found %q, expected a day, such as 2026-01-01", since)
		}
		s.Since = t
	}
}

// setting reads one of a connector's settings and says its key.
func (r *fileReader) setting(m *mapping, setting importers.Setting, values map[string]string) (key string) {
	key = setting.Name
	if setting.Type == importers.Secret {
		key += "-file"
		if e := m.take(setting.Name); e != nil {
			r.bad(e.line, "« %s » est un secret : mettez-le dans un fichier et nommez-le par « %s »", "%q is a secret: put it into a file and name that by %q", setting.Name, key)
			return key
		}
	}
	value, line := m.text(key)
	switch {
	case value == "":
	case setting.Type == importers.Secret:
		value = r.secret(r.absolute(value), line)
	case setting.Type == importers.Path:
		value = r.absolute(value)
	case setting.Type == importers.Switch && value != "true":
		if value != "false" {
			r.bad(line, "%s : true ou false attendu", "%s: expected true or false", key)
		}
		value = ""
	}
	if value != "" {
		values[setting.Name] = value
	} else if setting.Required && m.take(key) == nil {
		r.problems = append(r.problems, FileProblem{Line: m.line, What: schemas.Text{
			FR: "« " + key + " » manque : " + setting.Help.FR, EN: "“" + key + "” is missing: " + setting.Help.EN}})
	}
	return key
}
