package mqttaccess

import (
	"regexp"
	"strings"

	"vitrine/producers/importers"
)

// filter is an MQTT topic filter whose "+" is the machine's number.
type filter []string

func parseFilters(topics string) ([]filter, error) {
	var filters []filter
	for text := range strings.SplitSeq(topics, ",") {
		text = strings.TrimSpace(text)
		if strings.Count(text, "+") != 1 || strings.Contains(text, "#") || !strings.Contains("/"+text+"/", "/+/") {
			return nil, importers.Problem("réglage topics, %q : attendu des sujets comme %s, avec un « + » dans chacun",
				"setting topics, %q: expected topics such as %s, with one + in each", text, DefaultTopics)
		}
		filters = append(filters, strings.Split(text, "/"))
	}
	return filters, nil
}

// machinePattern is what a machine's number may be, so that its name is one of the contract's references.
var machinePattern = regexp.MustCompile(`^[A-Za-z0-9._:\-]{1,60}$`)

// machine is the number of the machine that a topic is about; ok is false if it is about none.
func (im *Importer) machine(topic string) (id string, ok bool) {
	levels := strings.Split(topic, "/")
next:
	for _, f := range im.filters {
		if len(f) != len(levels) {
			continue
		}
		id := ""
		for i, level := range f {
			if level == "+" {
				id = levels[i]
			} else if level != levels[i] {
				continue next
			}
		}
		return id, machinePattern.MatchString(id)
	}
	return "", false
}
