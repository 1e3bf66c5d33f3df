package mqttaccess

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

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

// maxMachinesBytes bounds the file: a lab has dozens of machines.
const maxMachinesBytes = 1 << 20

// refPattern is the form of the contract's references.
var refPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,79}$`)

// ParseMachines reads the machines from YAML and checks them. Every problem is reported.
func ParseMachines(raw []byte) (Machines, error) {
	if len(raw) > maxMachinesBytes {
		return nil, fmt.Errorf("machines: more than %d bytes", maxMachinesBytes)
	}
	m := Machines{}
	if err := yaml.UnmarshalWithOptions(raw, &m, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("machines: %w", err)
	}
	categories := schemas.Taxonomies()["machine_categories"].Codes()
	var problems []string
	for _, id := range slices.Sorted(maps.Keys(m)) {
		machine := m[id]
		if machine.Name != "" && !refPattern.MatchString(machine.Name) {
			problems = append(problems, fmt.Sprintf("machine %q: the name %q isn't made of letters, digits and . _ : / -", id, machine.Name))
		}
		if machine.Category != "" && !slices.Contains(categories, machine.Category) {
			problems = append(problems, fmt.Sprintf("machine %q: category %q is not one of %s", id, machine.Category, strings.Join(categories, ", ")))
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("machines: %s", strings.Join(problems, "; "))
	}
	return m, nil
}

func machinesFrom(path string) (Machines, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("machines: %w", err)
	}
	return ParseMachines(raw)
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
