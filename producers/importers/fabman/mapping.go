package fabman

import (
	"maps"
	"regexp"
	"slices"
	"strconv"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Skip is the category of a machine that is to be left out.
const Skip = "skip"

// Mapping says which category a machine is of, and what it is called in the events. A machine is
// named by its number in Fabman or by its name there.
type Mapping struct {
	// Machines: machine → machine category, or "skip" for one that doesn't count. A machine that
	// isn't named is understood by the words in its name.
	Machines map[string]string `yaml:"machines"`
	// Refs: machine → its reference in the events, such as that which another system gave it. Default
	// "fabman-NUMBER", which stays the same when the machine is renamed.
	Refs map[string]string `yaml:"refs"`
}

// refPattern is the form of the contract's references.
var refPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,79}$`)

// ParseMapping reads a mapping from YAML and checks its codes. Every problem is reported.
func ParseMapping(raw []byte) (*Mapping, error) {
	m := &Mapping{}
	bad := importers.ParseWords(raw, m)
	codes := append(schemas.Taxonomies()["machine_categories"].Codes(), Skip)
	for _, machine := range slices.Sorted(maps.Keys(m.Machines)) {
		bad.OneOf(m.Machines[machine], codes, "machines", machine)
	}
	for _, machine := range slices.Sorted(maps.Keys(m.Refs)) {
		if !refPattern.MatchString(m.Refs[machine]) {
			bad.Add([]any{"refs", machine}, "%q n'est pas une référence comme laser-1", "%q is not a reference such as laser-1", m.Refs[machine])
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// category is a machine's; ok is false if it doesn't count.
func (m *Mapping) category(id int64, name string) (category string, ok bool) {
	if category = pick(m.Machines, id, name); category == "" {
		category = importers.MachineCategory(name)
	}
	return category, category != Skip
}

func (m *Mapping) ref(id int64, name string) string {
	if ref := pick(m.Refs, id, name); ref != "" {
		return ref
	}
	return "fabman-" + strconv.FormatInt(id, 10)
}

// pick finds what is said of a machine: by its number first, two may have one name.
func pick(said map[string]string, id int64, name string) string {
	if value := said[strconv.FormatInt(id, 10)]; value != "" {
		return value
	}
	return said[name]
}
