package fabmanager

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vitrine/producers/importers"
	"vitrine/producers/importers/rest"
	"vitrine/schemas"
)

// Names of the settings.
const (
	settingURL       = "url"
	settingToken     = "token"
	settingPlainHTTP = "plain-http"
	settingDir       = "dir"
	settingExport    = "export"
	settingMapping   = "mapping"
)

// Connector is Fab-manager for the command line and the agent.
func Connector() importers.Connector {
	return importers.Connector{
		Name:  System,
		Title: schemas.Text{FR: product, EN: product},
		About: schemas.Text{
			FR: "heures réservées et ouvertures des machines, formations, événements, adhérents et recettes",
			EN: "booked hours and opening times of machines, trainings, events, members and revenue"},
		Settings: []importers.Setting{
			{Name: settingURL, Help: schemas.Text{
				FR: "adresse de Fab-manager, par exemple https://fabmanager.example.org",
				EN: "Fab-manager's address, such as https://fabmanager.example.org"}},
			{Name: settingToken, Type: importers.Secret, Help: schemas.Text{
				FR: "jeton d'un client de l'OpenAPI ; un administrateur en crée un dans Fab-manager, menu « Clients OpenAPI »",
				EN: "token of a client of the OpenAPI; an administrator makes one in Fab-manager, menu “OpenAPI clients”"}},
			{Name: settingPlainHTTP, Type: importers.Switch, Help: schemas.Text{
				FR: "accepter une adresse sans https ; le jeton circule alors en clair", EN: "allow an address without https; the token travels readable"}},
			rest.AllowPrivateSetting(),
			{Name: settingDir, Type: importers.Path, Help: schemas.Text{
				FR: "dossier de pages enregistrées de l'OpenAPI (reservations_page1.json …), au lieu de url",
				EN: "folder of saved pages of the OpenAPI (reservations_page1.json …), instead of url"}},
			{Name: settingExport, Type: importers.Path, Help: schemas.Text{
				FR: "export de Fab-manager au format CSV, ou dossier qui en contient ; seul, l'export comptable de mois entiers donne les recettes ; avec url ou dir, les écarts sont signalés",
				EN: "export of Fab-manager as CSV, or a folder of such; alone, an accounting export of whole months gives the revenue; with url or dir, differences are warned of"}},
			{Name: settingMapping, Type: importers.Path, Help: schemas.Text{
				FR: "fichier YAML qui dit ce que signifient les mots du lab (machines, trainings, groups, events, audiences, accounts)",
				EN: "YAML file that says what the lab's own words mean (machines, trainings, groups, events, audiences, accounts)"}},
		},
		Open: open,
	}
}

// open is the connector's Open.
func open(o importers.Options) (importers.Importer, error) {
	given := func(name string) string { return strings.TrimSpace(o.Values[name]) }
	cfg := Config{
		Lab: o.Lab, URL: given(settingURL), Token: given(settingToken), PlainHTTP: given(settingPlainHTTP) == "true",
		Zone: o.Zone, Salt: o.Salt, State: o.State, Whole: o.Whole, AllowPrivate: given(rest.SettingAllowPrivate) == "true", Transport: o.Transport, Logger: o.Logger, Clock: o.Clock,
	}
	bad := &importers.Problems{Of: product}
	sources := 0
	for _, name := range []string{settingURL, settingDir} {
		if given(name) != "" {
			sources++
		}
	}
	switch {
	case sources == 0 && given(settingExport) == "":
		bad.Add("réglages url, dir et export : aucun n'est donné, il en faut un", "settings url, dir and export: none is given, one of them is wanted")
	case sources > 1:
		bad.Add("réglages url et dir : il n'en faut qu'un", "settings url and dir: only one of them is wanted")
	}
	if cfg.URL != "" && cfg.Token == "" {
		bad.Add("réglage token : vide, attendu le jeton d'un client de l'OpenAPI de Fab-manager", "setting token: empty, expected that of a client of Fab-manager's OpenAPI")
	}
	if dir := given(settingDir); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			bad.Add("réglage dir, %s : ce n'est pas un dossier lisible", "setting dir, %s: not a readable folder", dir)
		}
		cfg.Files = os.DirFS(dir)
	}
	if path := given(settingExport); path != "" {
		var err error
		if cfg.Exports, cfg.ExportNames, err = exportFiles(path); err != nil {
			bad.Add("réglage export, %s : ce n'est ni un fichier ni un dossier lisible", "setting export, %s: neither a readable file nor a folder", path)
		}
	}
	if path := given(settingMapping); path != "" {
		var err error
		if cfg.Mapping, err = importers.ReadWords(path, ParseMapping); err != nil {
			bad.Add("réglage mapping : %v", "setting mapping: %v", err)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return New(cfg)
}

// exportFiles are the files that a path stands for: one, or those of a folder.
func exportFiles(path string) (files fs.FS, names []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return os.DirFS(path), nil, nil
	}
	return os.DirFS(filepath.Dir(path)), []string{filepath.Base(path)}, nil
}
