package schemas

// LabRegistered is the data of lab.registered. The zone is fixed by the first registration:
// days are cut in it, so that it can't change under the figures.
type LabRegistered struct {
	Name       string   `json:"name" v:"required,len=120" fr:"Nom" en:"Name"`
	Commune    string   `json:"commune" v:"required,len=120" fr:"Commune" en:"Commune"`
	INSEE      string   `json:"insee,omitempty" v:"format=insee" fr:"Code commune INSEE" en:"INSEE commune code"`
	Department string   `json:"department,omitempty" v:"format=department" fr:"Département" en:"Department"`
	Region     string   `json:"region,omitempty" v:"len=80" fr:"Région" en:"Region"`
	Archetype  string   `json:"archetype,omitempty" v:"tax=archetypes" fr:"Archétype" en:"Archetype"`
	Zone       string   `json:"zone,omitempty" v:"format=zone" fr:"Fuseau horaire" en:"Time zone"`
	Latitude   *Decimal `json:"latitude,omitempty" v:"min=-90,max=90" fr:"Latitude" en:"Latitude"`
	Longitude  *Decimal `json:"longitude,omitempty" v:"min=-180,max=180" fr:"Longitude" en:"Longitude"`
	Opened     string   `json:"opened,omitempty" v:"format=date" fr:"Date d'ouverture" en:"Opening date"`
	Website    string   `json:"website,omitempty" v:"format=url" fr:"Site web" en:"Website"`
}

// AgreementSigned is the data of agreement.signed; the event's time is the agreement's start.
// An amendment is the same event with a higher revision.
type AgreementSigned struct {
	Agreement       string             `json:"agreement" v:"required,format=ref" fr:"N° de convention" en:"Agreement number"`
	Programme       string             `json:"programme,omitempty" v:"format=ref" fr:"Programme" en:"Programme"`
	Start           string             `json:"start" v:"required,format=date" fr:"Début" en:"Start"`
	End             string             `json:"end_date" v:"required,format=date" fr:"Fin" en:"End"`
	Grant           *Decimal           `json:"grant,omitempty" v:"min=0,max=10000000" fr:"Subvention (€)" en:"Grant (€)"`
	PlannedBudget   *Decimal           `json:"planned_budget,omitempty" v:"min=0,max=10000000" fr:"Budget éligible prévu (€)" en:"Planned eligible budget (€)"`
	AidRateCap      *Decimal           `json:"aid_rate_cap,omitempty" v:"min=0,max=100" fr:"Taux d'aide maximal (%)" en:"Highest aid rate (%)"`
	MachinesPlanned *int64             `json:"machines_planned,omitempty" v:"min=0,max=1000" fr:"Machines prévues" en:"Machines planned"`
	Reporting       []ReportingDue     `json:"reporting,omitempty" fr:"Déclarations dues" en:"Reports due"`
	Milestones      []PlannedMilestone `json:"milestones,omitempty" fr:"Jalons prévus" en:"Planned milestones"`
	Commitments     []Commitment       `json:"commitments" v:"required" fr:"Engagements" en:"Commitments"`
}

// ReportingDue is a period that the lab must report on, and by when.
type ReportingDue struct {
	Period string `json:"period" v:"required,format=period" fr:"Période" en:"Period"`
	Due    string `json:"due" v:"required,format=date" fr:"Échéance" en:"Due date"`
}

// PlannedMilestone is a milestone that the agreement sets.
type PlannedMilestone struct {
	Milestone string `json:"milestone" v:"required,tax=milestones" fr:"Jalon" en:"Milestone"`
	Due       string `json:"due" v:"required,format=date" fr:"Échéance" en:"Due date"`
}

// Commitment is what a lab promises for one indicator, or for one segment of it ("audience=companies").
// Cumulative: Target is for the whole of From to Due. Periodic: Target is for each period of Every.
type Commitment struct {
	Indicator string   `json:"indicator" v:"required,format=indicator" fr:"Indicateur" en:"Indicator"`
	Segment   string   `json:"segment,omitempty" v:"format=segment" fr:"Segment" en:"Segment"`
	Target    Decimal  `json:"target" v:"required,min=0,max=1000000000" fr:"Cible" en:"Target"`
	Baseline  *Decimal `json:"baseline,omitempty" v:"min=0,max=1000000000" fr:"Valeur de départ" en:"Baseline"`
	From      string   `json:"from" v:"required,format=date" fr:"Du" en:"From"`
	Due       string   `json:"due" v:"required,format=date" fr:"Au" en:"Due"`
	Mode      string   `json:"mode" v:"required,enum=cumulative|periodic" fr:"Mode" en:"Mode"`
	Every     string   `json:"every,omitempty" v:"enum=month|quarter|year" fr:"Périodicité" en:"Every"`
	Steps     []Step   `json:"steps,omitempty" fr:"Paliers" en:"Milestones"`
}

// Step is a value that a commitment should have reached by a date, where it isn't a straight line.
type Step struct {
	By    string  `json:"by" v:"required,format=date" fr:"Date" en:"Date"`
	Value Decimal `json:"value" v:"required,min=0,max=1000000000" fr:"Valeur" en:"Value"`
}

// PeriodSubmitted is the data of period.submitted: the lab says that the period's data are complete.
type PeriodSubmitted struct {
	Period   string `json:"period" v:"required,format=period" fr:"Période" en:"Period"`
	Deadline string `json:"due,omitempty" v:"format=date" fr:"Échéance" en:"Deadline"`
}

// PeriodApproved is the data of period.approved: the period's figures are frozen as they are.
type PeriodApproved struct {
	Period  string `json:"period" v:"required,format=period" fr:"Période" en:"Period"`
	Comment string `json:"comment,omitempty" v:"len=1000" fr:"Commentaire" en:"Comment"`
}

// PeriodReopened is the data of period.reopened.
type PeriodReopened struct {
	Period string `json:"period" v:"required,format=period" fr:"Période" en:"Period"`
	Why    string `json:"why" v:"required,len=1000" fr:"Motif" en:"Why"`
}
