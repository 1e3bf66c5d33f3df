package mqttaccess

import (
	"maps"
	"regexp"
	"slices"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Machine is what the lab calls a controller's machine.
type Machine struct {
	// Name is the machine's reference in the events, e.g. "laser-1".
	Name string `yaml:"name"`
	// Category is a code of the taxonomy machine_categories; empty: what the name means.
	Category string `yaml:"category"`
}

// Machines are the machines by the number in their topic.
type Machines map[string]Machine

// refPattern is the form of the contract's references.
var refPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,79}$`)

// ParseMachines reads the machines from YAML and checks them. Every problem is reported.
func ParseMachines(raw []byte) (Machines, error) {
	m := Machines{}
	bad := importers.ParseWords(raw, &m)
	categories := schemas.Taxonomies()["machine_categories"].Codes()
	for _, id := range slices.Sorted(maps.Keys(m)) {
		machine := m[id]
		if machine.Name != "" && !refPattern.MatchString(machine.Name) {
			bad.Add([]any{id}, "le nom %q n'est pas fait de lettres, de chiffres et de . _ : / -", "the name %q isn't made of letters, digits and . _ : / -", machine.Name)
		}
		if machine.Category != "" {
			bad.OneOf(machine.Category, categories, id)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// of is a machine as the events name it.
func (m Machines) of(id string) Machine {
	machine := m[id]
	if machine.Category == "" {
		machine.Category = importers.MachineCategory(machine.Name)
	}
	if machine.Name == "" {
		machine.Name = "machine-" + id
	}
	return machine
}
