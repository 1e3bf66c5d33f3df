package icalendar

import (
	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// Connector is the connector "icalendar".
func Connector() importers.Connector {
	return importers.Connector{
		Name:  System,
		Title: schemas.Text{FR: "Agenda (iCalendar)", EN: "Calendar (iCalendar)"},
		About: schemas.Text{
			FR: "Événements de découverte et formations d'un agenda, une fois passés et le nombre de participants confirmé",
			EN: "Discovery events and trainings of a calendar, once they are over and the attendance is confirmed"},
		AllAtOnce: true,
		Settings: []importers.Setting{
			{Name: "url", Help: schemas.Text{
				FR: "adresse publique de l'agenda, par exemple https://exemple.org/agenda.ics ou webcal://…", EN: "public address of the calendar, such as https://example.org/agenda.ics or webcal://…"}},
			{Name: "secret-url", Type: importers.Secret, Help: schemas.Text{
				FR: "adresse secrète de l'agenda au format iCal, au lieu de l'adresse publique", EN: "the calendar's secret address in iCal format, instead of the public one"}},
			rest.AllowPrivateSetting(),
			{Name: "file", Type: importers.Path, Help: schemas.Text{FR: "agenda enregistré (.ics), au lieu d'une adresse", EN: "saved calendar (.ics), instead of an address"}},
			{Name: "confirmations", Type: importers.Path, Help: schemas.Text{
				FR: "fichier CSV qui dit combien de personnes sont venues : uid (ou titre);date;participants;entreprises. Sans fichier, « Participants : 23 » dans la description de chaque date",
				EN: "CSV file that says how many came: uid (or title);date;participants;companies. Without it, “Participants: 23” in each one's description"}},
			{Name: "mapping", Type: importers.Path, Help: schemas.Text{
				FR: "fichier YAML : ce que veulent dire les mots des catégories et des titres (entries: words, kind, type, topic, audience)",
				EN: "YAML file: what the words of categories and titles mean (entries: words, kind, type, topic, audience)"}},
		},
		Open: open,
	}
}

func open(o importers.Options) (importers.Importer, error) {
	url := o.Values["url"]
	if secret := o.Values["secret-url"]; secret != "" {
		if url != "" {
			return nil, importers.Problem("réglages url et secret-url : il n'en faut qu'un", "settings url and secret-url: only one of them is wanted")
		}
		url = secret
	}
	var mapping *Mapping
	if path := o.Values["mapping"]; path != "" {
		var err error
		if mapping, err = importers.ReadWords(path, ParseMapping); err != nil {
			return nil, err
		}
	}
	return New(Config{
		Lab: o.Lab, URL: url, File: o.Values["file"], Confirmations: o.Values["confirmations"], Mapping: mapping,
		Zone: o.Zone, State: o.State, AllowPrivate: o.Values[rest.SettingAllowPrivate] == "true", Transport: o.Transport, Clock: o.Clock,
	})
}
