package mqttaccess

import (
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// Connector is the connector "mqtt".
func Connector() importers.Connector {
	return importers.Connector{
		Name:  System,
		Title: schemas.Text{FR: "Contrôle d'accès des machines (MQTT)", EN: "Machine access control (MQTT)"},
		About: schemas.Text{
			FR: "Heures d'usage des machines mesurées par des contrôleurs d'accès du type Fabomatic ; les cartes ne sont jamais lues",
			EN: "Hours of machine usage measured by access controllers of the Fabomatic kind; cards are never read"},
		Settings: []importers.Setting{
			{Name: "machines", Type: importers.Path, Help: schemas.Text{
				FR: "fichier YAML : numéro de machine → nom et catégorie, par exemple « 7: {name: laser-1, category: laser_cutter} » ; sans catégorie, c'est le nom qui la dit. Une machine absente s'appelle « machine-7 », catégorie « other »",
				EN: "YAML file: machine number → name and category, such as “7: {name: laser-1, category: laser_cutter}”; without a category, the name tells it. A machine that isn't in it is called “machine-7”, of category “other”"}},
			{Name: "topics", Help: schemas.Text{
				FR: "sujets MQTT des machines, séparés par des virgules ; « + » est le numéro de la machine. Par défaut machine/+",
				EN: "MQTT topics of the machines, separated by commas; “+” is the machine's number. Default machine/+"}},
			{Name: "file", Type: importers.Path, Help: schemas.Text{
				FR: "messages enregistrés à importer, un objet JSON par ligne : {\"received_at\": …, \"topic\": …, \"payload\": {…}} ; sans fichier, les messages viennent de l'agent",
				EN: "recorded messages to import, one JSON object a line: {\"received_at\": …, \"topic\": …, \"payload\": {…}}; without a file the messages come from the agent"}},
		},
		Feed: importers.MQTT,
		Open: open,
	}
}

func open(o importers.Options) (importers.Importer, error) {
	var machines Machines
	if path := o.Values["machines"]; path != "" {
		var err error
		if machines, err = importers.ReadWords(path, ParseMachines); err != nil {
			return nil, err
		}
	}
	return New(Config{
		Lab: o.Lab, Zone: o.Zone, Machines: machines, Topics: o.Values["topics"], File: o.Values["file"], State: o.State, Clock: o.Clock,
	})
}
