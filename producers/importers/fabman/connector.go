package fabman

import (
	"errors"
	"strconv"
	"time"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// Names of the settings.
const (
	settingURL       = "url"
	settingPlainHTTP = "plain-http"
	settingToken     = "token"
	settingSecret    = "webhook-secret"
	settingSpace     = "space"
	settingMapping   = "mapping"
	settingLookback  = "lookback-days"
)

// Connector is Fabman for the command line and the agent.
func Connector() importers.Connector {
	return importers.Connector{
		Name:  System,
		Title: schemas.Text{FR: "Fabman", EN: "Fabman"},
		About: schemas.Text{
			FR: "heures d'utilisation mesurées des machines, d'après le journal d'activité",
			EN: "measured hours of machine usage, from the activity log"},
		Settings: []importers.Setting{
			{Name: settingToken, Type: importers.Secret, Required: true, Help: schemas.Text{
				FR: "clé d'API d'un administrateur (Fabman, menu « Configure », « Integrations »)",
				EN: "API key of an administrator (Fabman, menu “Configure”, “Integrations”)"}},
			{Name: settingURL, Help: schemas.Text{
				FR: "adresse de l'API (par défaut " + DefaultURL + ")", EN: "the API's address (default " + DefaultURL + ")"}},
			{Name: settingPlainHTTP, Type: importers.Switch, Help: schemas.Text{
				FR: "accepter une adresse sans https ; la clé circule alors en clair", EN: "allow an address without https; the key travels readable"}},
			rest.AllowPrivateSetting(),
			{Name: settingSecret, Type: importers.Secret, Help: schemas.Text{
				FR: "secret d'au moins 16 caractères que l'adresse du webhook doit porter (…?secret=…) ; sans lui, les webhooks sont refusés",
				EN: "secret of at least 16 characters that the webhook's address must hold (…?secret=…); without it webhooks are refused"}},
			{Name: settingSpace, Help: schemas.Text{
				FR: "numéro du seul espace à compter, pour un compte qui en a plusieurs, par exemple 12 (par défaut : tous)",
				EN: "number of the only space that counts, for an account with several, such as 12 (default: all)"}},
			{Name: settingMapping, Type: importers.Path, Help: schemas.Text{
				FR: "fichier YAML : catégorie (machines) et référence (refs) des machines, par numéro ou par nom ; « skip » pour ne pas compter une machine",
				EN: "YAML file: the machines' category (machines) and reference (refs), by number or name; “skip” for a machine that doesn't count"}},
			{Name: settingLookback, Help: schemas.Text{
				FR: "nombre de jours relus avant la dernière lecture, pour les activités corrigées depuis, 7 au moins (par défaut 8)",
				EN: "how many days before the last reading are read again, for activities corrected since, at least 7 (default 8)"}},
		},
		Feed: importers.Webhook,
		Open: open,
	}
}

// open is the connector's Open.
func open(o importers.Options) (importers.Importer, error) {
	cfg := Config{
		Lab: o.Lab, URL: o.Values[settingURL], PlainHTTP: o.Values[settingPlainHTTP] == "true",
		Token: o.Values[settingToken], WebhookSecret: o.Values[settingSecret],
		Zone: o.Zone, State: o.State, Whole: o.Whole, AllowPrivate: o.Values[rest.SettingAllowPrivate] == "true", Transport: o.Transport, Logger: o.Logger, Clock: o.Clock,
	}
	bad := &importers.Problems{Of: product}
	number := func(name string) (n int64) {
		if s := o.Values[name]; s != "" {
			var err error
			if n, err = strconv.ParseInt(s, 10, 32); err != nil || n < 0 {
				bad.Add("réglage %s, %q : attendu un nombre", "setting %s, %q: expected a number", name, s)
				return 0
			}
		}
		return n
	}
	cfg.Space = number(settingSpace)
	cfg.Lookback = time.Duration(number(settingLookback)) * 24 * time.Hour
	if path := o.Values[settingMapping]; path != "" {
		var err error
		if cfg.Mapping, err = importers.ReadWords(path, ParseMapping); err != nil {
			bad.Add("réglage %s : %v", "setting %s: %v", settingMapping, err)
		}
	}
	im, err := New(cfg)
	var further *importers.Problems
	if errors.As(err, &further) {
		for _, err := range further.Unwrap() {
			bad.AddError(err)
		}
	} else {
		bad.AddError(err)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return im, nil
}
