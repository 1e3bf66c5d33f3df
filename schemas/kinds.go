package schemas

import (
	"fmt"
	"reflect"
)

// Kind is one sort of event: its name, who may publish it and the Go type of its data.
type Kind struct {
	// Name is the type without its prefix, e.g. "training.held".
	Name string
	// Programme says that the programme publishes it, not the labs.
	Programme bool
	// Title names it for people.
	Title Text
	// shape is what its data must look like; see shape.go.
	shape *object
	data  reflect.Type
}

// kindList is every kind of the contract, in the order in which documents list them. The data's
// Go types are the one source: JSON Schemas, validation and the data dictionary follow from them.
func kindList() []Kind {
	lab := func(name, fr, en string, data any) Kind {
		return Kind{Name: name, Title: Text{FR: fr, EN: en}, data: reflect.TypeOf(data)}
	}
	programme := func(name, fr, en string, data any) Kind {
		k := lab(name, fr, en, data)
		k.Programme = true
		return k
	}
	return []Kind{
		lab("training.held", "Session de formation tenue", "Training session held", TrainingHeld{}),
		lab("training.cancelled", "Session de formation annulée", "Training session cancelled", TrainingCancelled{}),
		lab("discovery.held", "Événement de découverte tenu", "Discovery event held", DiscoveryHeld{}),
		lab("session.announced", "Séance annoncée à l'agenda", "Session announced in the agenda", SessionAnnounced{}),
		lab("partnership.signed", "Partenariat signé", "Partnership signed", PartnershipSigned{}),
		lab("partnership.ended", "Partenariat terminé", "Partnership ended", PartnershipEnded{}),
		lab("partnership.activity", "Action menée avec des partenaires", "Joint action with partners", PartnershipActivity{}),
		lab("machine.usage", "Utilisation d'une machine", "Machine usage", MachineUsage{}),
		lab("machine.availability", "Disponibilité d'une machine", "Machine availability", MachineAvailability{}),
		lab("machine.commissioned", "Machine mise en service", "Machine commissioned", MachineCommissioned{}),
		lab("expenditure.recorded", "Dépense enregistrée", "Expenditure recorded", ExpenditureRecorded{}),
		lab("premises.changed", "Changement de locaux", "Premises changed", PremisesChanged{}),
		lab("service.launched", "Nouveau service lancé", "Service launched", ServiceLaunched{}),
		lab("company.service.delivered", "Prestation livrée à une entreprise", "Service delivered to a company", CompanyServiceDelivered{}),
		lab("company.outcome.reported", "Résultat d'entreprise déclaré", "Company outcome reported", CompanyOutcomeReported{}),
		lab("finance.period.reported", "Comptes d'une période", "Finances of a period", FinancePeriodReported{}),
		lab("business_model.test.started", "Test de modèle économique commencé", "Business-model test started", BusinessModelTestStarted{}),
		lab("business_model.test.concluded", "Test de modèle économique conclu", "Business-model test concluded", BusinessModelTestConcluded{}),
		lab("business_model.stage.changed", "Étape du modèle économique", "Business-model stage", BusinessModelStageChanged{}),
		lab("visibility.item.published", "Retombée média ou publication", "Media mention or publication", VisibilityItemPublished{}),
		lab("showcase.visit.hosted", "Visite vitrine accueillie", "Showcase visit hosted", ShowcaseVisitHosted{}),
		lab("project.published", "Projet documenté et publié", "Project documented and published", ProjectPublished{}),
		lab("membership.count.reported", "Nombre d'adhérents", "Membership count", MembershipCountReported{}),
		lab("survey.aggregate.reported", "Résultat d'enquête (agrégé)", "Survey result (aggregate)", SurveyAggregateReported{}),
		lab("milestone.reached", "Jalon atteint", "Milestone reached", MilestoneReached{}),
		programme("lab.registered", "Fab lab enregistré", "Lab registered", LabRegistered{}),
		programme("agreement.signed", "Convention signée", "Agreement signed", AgreementSigned{}),
		programme("period.submitted", "Période déclarée", "Period submitted", PeriodSubmitted{}),
		programme("period.approved", "Période validée", "Period approved", PeriodApproved{}),
		programme("period.reopened", "Période rouverte", "Period reopened", PeriodReopened{}),
	}
}

// Text is a text in both of Vitrine's languages.
type Text struct {
	FR string `json:"fr" yaml:"fr"`
	EN string `json:"en" yaml:"en"`
}

// In is the text in a language.
func (t Text) In(l Lang) string {
	if l == French {
		return t.FR
	}
	return t.EN
}

// Counted is what is said of n things: one's text, or that of many, with n and then args where their verbs stand. French says none
// in the singular, English doesn't.
func Counted(n int, one, many Text, args ...any) Text {
	args = append([]any{n}, args...)
	said := many
	if n == 1 {
		said = one
	}
	if n == 0 {
		said.FR = one.FR
	}
	return Text{FR: fmt.Sprintf(said.FR, args...), EN: fmt.Sprintf(said.EN, args...)}
}

// Lang is a language that lab and programme managers read.
type Lang string

// The two languages; anything else reads as English.
const (
	English Lang = "en"
	French  Lang = "fr"
)
