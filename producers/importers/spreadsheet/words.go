package spreadsheet

import (
	"strings"

	"vitrine/producers/entry"
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// headerWords are what people call a column beside its key and its title, folded; by key.
func headerWords() map[string][]string {
	return map[string][]string{
		keyReference: {"ref", "n", "no", "numero", "row key"},
		keyDate: {"jour", "day", "date de l evenement", "date de la session", "date de la formation", "date debut", "date de debut", "start date", "date d effet",
			"date de signature", "fin de periode", "period end"},
		keyStart:    {"heure de debut", "debut", "heure", "start", "horaire debut", "begin", "from"},
		keyEnd:      {"heure de fin", "fin", "end", "horaire fin", "until"},
		keyEndDate:  {"date fin", "jour de fin", "end day"},
		keyDuration: {"temps", "duree d utilisation", "heures"},
		"title":     {"titre", "title", "libelle", "nom de l evenement", "nom de la formation", "nom de l atelier", "event title"},
		"attendees": {"nombre de participants", "nb participants", "nb de participants", "presents", "nombre de presents", "attendance"},
		"attendance": {"nombre de participants", "nb participants", "nb de participants", "presents", "nombre de presents", "attendees", "frequentation", "visiteurs",
			"nombre de visiteurs"},
		"visitors":             {"nombre de visiteurs", "participants", "nombre de participants", "nb participants"},
		"attendees_company":    {"dont entreprises", "dont entreprise", "dont salaries", "dont pros", "dont professionnels", "of whom companies", "of which companies"},
		"audience":             {"public vise", "public cible", "type de public"},
		"capacity":             {"places", "capacite", "nombre de places", "jauge", "capacity"},
		"registered":           {"nombre d inscrits", "inscriptions"},
		"topic":                {"thematique", "sujet", "theme de la formation"},
		"type":                 {"type d evenement", "event type"},
		"machine_category":     {"categorie", "type de machine", "machine type", "category"},
		"machine":              {"code machine", "code de la machine", "nom de la machine", "machine code"},
		"amount_excl_vat":      {"montant", "amount"},
		"members":              {"adherents", "nombre d adherents"},
		"companies.siren":      {"siren", "n siren", "siren entreprise", "siren entreprises", "siren des entreprises", "siren de l entreprise", "company siren", "sirens"},
		"companies.siret":      {"siret", "n siret", "siret entreprise", "siret des entreprises", "siret de l entreprise", "sirets"},
		"companies.ref":        {"code entreprise", "codes entreprises", "code de l entreprise", "company code", "company codes"},
		"companies.size":       {"taille", "taille entreprise", "taille de l entreprise", "taille des entreprises", "company size"},
		"companies.naf":        {"naf", "section naf", "secteur naf", "naf section"},
		"partners.type":        {"partenaire", "partenaires", "type de partenaire", "types de partenaires", "partner", "partners", "partner type"},
		"partners.partnership": {"partenariat", "code partenariat", "code du partenariat", "codes des partenariats", "partnership code", "partnership"},
	}
}

// kindHeaders are the headers of a column that says each row's kind; those of weakKindHeaders may also be
// a field's, and say the kind only where nothing else does.
func kindHeaders() []string {
	return []string{"activite", "activity", "kind", "type d activite", "activity type", "nature de l activite", "quoi", "what"}
}

func weakKindHeaders() []string { return []string{"type", "nature", "categorie", "category"} }

// kindWords are what people call the kinds beside their names and titles, folded.
func kindWords() map[string][]string {
	return map[string][]string{
		"training.held":             {"formation", "formations", "formation tenue", "session de formation", "training", "trainings", "training session"},
		"training.cancelled":        {"formation annulee", "formations annulees", "training cancelled"},
		"discovery.held":            {"decouverte", "decouvertes", "evenement", "evenements", "evenement de decouverte", "evenements de decouverte", "discovery", "discovery event", "event", "events"},
		"session.announced":         {"agenda", "seance annoncee", "seances annoncees", "seance a venir", "seances a venir", "announced session", "upcoming session", "upcoming sessions"},
		"partnership.signed":        {"partenariat", "partenariats", "convention de partenariat", "partnership", "partnerships"},
		"partnership.ended":         {"fin de partenariat", "end of partnership"},
		"partnership.activity":      {"action partenariale", "actions partenariales", "joint action"},
		"machine.usage":             {"utilisation machine", "utilisation des machines", "heures machine", "heures machines", "machine hours", "usage machine", "machine"},
		"machine.availability":      {"disponibilite", "disponibilite machine", "availability"},
		"machine.commissioned":      {"nouvelle machine", "nouvelles machines", "mise en service", "new machine"},
		"expenditure.recorded":      {"depense", "depenses", "expenditure", "expense", "expenses"},
		"premises.changed":          {"locaux", "premises"},
		"service.launched":          {"nouveau service", "nouveaux services", "new service"},
		"company.service.delivered": {"prestation", "prestations", "prestation entreprise", "service entreprise", "company service"},
		"company.outcome.reported":  {"resultat d entreprise", "resultats d entreprises", "company outcome"},
		"finance.period.reported":   {"comptes", "finances", "finance"},
		"visibility.item.published": {"media", "medias", "presse", "retombee presse", "retombees presse", "retombee media", "publication", "press"},
		"showcase.visit.hosted":     {"visite", "visites", "visite vitrine", "visit", "visits"},
		"project.published":         {"projet", "projets", "projet publie", "project", "projects"},
		"membership.count.reported": {"adherents", "adhesions", "members", "membership"},
		"survey.aggregate.reported": {"enquete", "enquetes", "survey"},
		"milestone.reached":         {"jalon", "jalons", "milestone"},
	}
}

// kindTerms are the kinds as the terms of a closed list.
func kindTerms() []schemas.Term {
	var terms []schemas.Term
	for _, k := range labKinds() {
		terms = append(terms, schemas.Term{Code: k.Name, Label: k.Title})
	}
	return terms
}

// readKind is the kind that a text means, by its name, title or a usual word for it.
func readKind(text string) (string, error) {
	folded := importers.Fold(text)
	for name, words := range kindWords() {
		for _, w := range words {
			if w == folded {
				return name, nil
			}
		}
	}
	return entry.Code(kindTerms(), text)
}

// kindOfSheet is the kind that a sheet's name means: such a text, also with a year behind it, or a title that was cut, since a
// sheet's name has 31 characters at most; empty if none.
func kindOfSheet(name string) string {
	words := strings.Fields(importers.Fold(name))
	for len(words) > 1 && strings.Trim(words[len(words)-1], "0123456789") == "" {
		words = words[:len(words)-1]
	}
	if kind, err := readKind(strings.Join(words, " ")); err == nil {
		return kind
	}
	for _, k := range labKinds() {
		if name == sheetName(k, schemas.French) || name == sheetName(k, schemas.English) {
			return k.Name
		}
	}
	return ""
}

// Words of headers whose columns may hold personal data. Those of surelyPersonal mean nothing else.
func surelyPersonal() []string {
	return []string{"prenom", "prenoms", "mail", "email", "mails", "emails", "courriel", "courriels", "telephone", "tel", "portable", "mobile", "gsm", "phone", "adresse", "address",
		"naissance", "birth", "birthday", "birthdate", "firstname", "lastname", "surname", "badge", "uid", "login", "iban", "signature", "adherent", "adherente"}
}

func maybePersonal() []string {
	return []string{"nom", "noms", "name", "names", "contact", "contacts", "animateur", "animatrice", "formateur", "formatrice", "intervenant", "intervenante", "responsable", "referent",
		"referente", "trainer", "instructor", "membre", "member", "carte", "card", "personne", "person", "salarie", "beneficiaire", "usager", "user"}
}

func holdsWord(header string, words []string) bool {
	folded := " " + importers.Fold(header) + " "
	for _, w := range words {
		if strings.Contains(folded, " "+w+" ") {
			return true
		}
	}
	return false
}
