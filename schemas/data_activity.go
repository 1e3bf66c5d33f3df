package schemas

import "time"

// The data of the kinds, one Go type each. The tags are the contract:
//
//	json  the field's name
//	v     required; min=, max= (numbers), len= (longest text, in characters), enum=a|b or tax=taxonomy
//	      (codes allowed), format= (date, slug, ref, url, siren, siret, zone, period, indicator, segment), items= (fewest)
//	fr,en its name for people
//
// Optional numbers are pointers, because 0 people came isn't the same as nobody counted.

// Company is a company that took part or was served, by its public number or by a code of the
// lab's own; one of SIREN, SIRET and Ref must be given. A person's name never goes here.
type Company struct {
	SIREN string `json:"siren,omitempty" v:"format=siren" fr:"SIREN" en:"SIREN"`
	SIRET string `json:"siret,omitempty" v:"format=siret" fr:"SIRET" en:"SIRET"`
	Ref   string `json:"ref,omitempty" v:"format=ref" fr:"Code interne au fab lab" en:"The lab's own code"`
	Size  string `json:"size,omitempty" v:"tax=company_sizes" fr:"Taille" en:"Size class"`
	NAF   string `json:"naf,omitempty" v:"tax=naf_sections" fr:"Section NAF" en:"NAF section"`
}

// Partner is an organisation that an action was carried out with.
type Partner struct {
	Partnership string `json:"partnership,omitempty" v:"format=ref" fr:"Code du partenariat" en:"Partnership code"`
	Type        string `json:"type" v:"required,tax=partner_types" fr:"Type de partenaire" en:"Partner type"`
}

// TrainingHeld is the data of training.held; the event's time is the session's start.
type TrainingHeld struct {
	End              time.Time `json:"end" v:"required" fr:"Fin" en:"End"`
	Topic            string    `json:"topic" v:"required,tax=training_topics" fr:"Thème" en:"Topic"`
	Audience         string    `json:"audience" v:"required,tax=audiences" fr:"Public" en:"Audience"`
	Attendees        int64     `json:"attendees" v:"required,min=0,max=2000" fr:"Participants" en:"Attendees"`
	AttendeesCompany *int64    `json:"attendees_company,omitempty" v:"min=0,max=2000" fr:"dont salariés d'entreprises" en:"of whom company staff"`
	Capacity         *int64    `json:"capacity,omitempty" v:"min=1,max=2000" fr:"Places offertes" en:"Places offered"`
	Title            string    `json:"title,omitempty" v:"len=200" fr:"Intitulé" en:"Title"`
	Companies        []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
	Partners         []Partner `json:"partners,omitempty" fr:"Partenaires" en:"Partners"`
}

// TrainingCancelled is the data of training.cancelled; the time is when it would have begun.
type TrainingCancelled struct {
	Topic      string `json:"topic" v:"required,tax=training_topics" fr:"Thème" en:"Topic"`
	Audience   string `json:"audience,omitempty" v:"tax=audiences" fr:"Public" en:"Audience"`
	Registered *int64 `json:"registered,omitempty" v:"min=0,max=2000" fr:"Inscrits" en:"Registered"`
	Cause      string `json:"cause,omitempty" v:"enum=few_registrations|trainer_absent|machine_down|premises_closed|not_validated|other" fr:"Cause" en:"Cause"`
}

// DiscoveryHeld is the data of discovery.held: an event that lets the public or companies discover the lab.
type DiscoveryHeld struct {
	End        *time.Time `json:"end,omitempty" fr:"Fin" en:"End"`
	Type       string     `json:"type" v:"required,tax=discovery_event_types" fr:"Type" en:"Type"`
	Audience   string     `json:"audience" v:"required,tax=audiences" fr:"Public" en:"Audience"`
	Attendance *int64     `json:"attendance,omitempty" v:"min=0,max=50000" fr:"Participants" en:"Attendance"`
	Place      string     `json:"place,omitempty" v:"enum=on_site|off_site|online" fr:"Lieu" en:"Place"`
	Title      string     `json:"title,omitempty" v:"len=200" fr:"Intitulé" en:"Title"`
	Companies  []Company  `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
	Partners   []Partner  `json:"partners,omitempty" fr:"Partenaires" en:"Partners"`
}

// SessionAnnounced is the data of session.announced: a training or discovery event that is to come, for the public agenda.
// The time is when it was announced. It counts nothing; training.held and discovery.held say what took place.
// Retracted, it is cancelled.
type SessionAnnounced struct {
	Activity string     `json:"activity" v:"required,enum=training|discovery" fr:"Activité" en:"Activity"`
	Title    string     `json:"title" v:"required,len=200" fr:"Intitulé" en:"Title"`
	Starts   time.Time  `json:"starts" v:"required" fr:"Début prévu" en:"Planned start"`
	Ends     *time.Time `json:"ends,omitempty" fr:"Fin prévue" en:"Planned end"`
	Audience string     `json:"audience" v:"required,tax=audiences" fr:"Public" en:"Audience"`
	Topic    string     `json:"topic,omitempty" v:"tax=training_topics" fr:"Thème" en:"Topic"`
	Place    string     `json:"place,omitempty" v:"len=200" fr:"Lieu, hors du fab lab" en:"Place, if not at the lab"`
	URL      string     `json:"url,omitempty" v:"format=url" fr:"Lien d'inscription" en:"Registration link"`
	Seats    *int64     `json:"seats,omitempty" v:"min=1,max=2000" fr:"Places" en:"Seats"`
}

// PartnershipSigned is the data of partnership.signed; the time is when it takes effect.
type PartnershipSigned struct {
	Partnership string `json:"partnership" v:"required,format=ref" fr:"Code du partenariat" en:"Partnership code"`
	PartnerType string `json:"partner_type" v:"required,tax=partner_types" fr:"Type de partenaire" en:"Partner type"`
	Partner     string `json:"partner,omitempty" v:"len=200" fr:"Organisation" en:"Organisation"`
}

// PartnershipEnded is the data of partnership.ended.
type PartnershipEnded struct {
	Partnership string `json:"partnership" v:"required,format=ref" fr:"Code du partenariat" en:"Partnership code"`
	Cause       string `json:"cause,omitempty" v:"enum=term|terminated|merged|other" fr:"Cause" en:"Cause"`
}

// PartnershipActivity is the data of partnership.activity: an action with partners that is neither
// a training session nor a discovery event.
type PartnershipActivity struct {
	Action   string    `json:"action" v:"required,enum=joint_project|joint_offer|fair|working_group|internship|loan|other" fr:"Action" en:"Action"`
	Partners []Partner `json:"partners" v:"required,items=1" fr:"Partenaires" en:"Partners"`
	Title    string    `json:"title,omitempty" v:"len=200" fr:"Intitulé" en:"Title"`
}

// VisibilityItemPublished is the data of visibility.item.published: the lab was spoken of.
type VisibilityItemPublished struct {
	Scope  string `json:"scope" v:"required,enum=local|regional|national|international" fr:"Portée" en:"Scope"`
	Medium string `json:"medium" v:"required,enum=press|radio|television|web|social_network|newsletter|fair|other" fr:"Support" en:"Medium"`
	Outlet string `json:"outlet,omitempty" v:"len=200" fr:"Média" en:"Outlet"`
	Title  string `json:"title,omitempty" v:"len=300" fr:"Titre" en:"Title"`
	URL    string `json:"url,omitempty" v:"format=url" fr:"Lien" en:"Link"`
}

// ShowcaseVisitHosted is the data of showcase.visit.hosted.
type ShowcaseVisitHosted struct {
	VisitorType string    `json:"visitor_type" v:"required,enum=school|company|institution|elected|peers|media|public|other" fr:"Type de visiteurs" en:"Visitor type"`
	Visitors    *int64    `json:"visitors,omitempty" v:"min=0,max=5000" fr:"Visiteurs" en:"Visitors"`
	Companies   []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
}

// ProjectPublished is the data of project.published.
type ProjectPublished struct {
	Project string `json:"project" v:"required,format=ref" fr:"Code du projet" en:"Project code"`
	Licence string `json:"licence" v:"required,enum=cc0|cc_by|cc_by_sa|cc_by_nc|gpl|mit|apache|cern_ohl|other_open|closed" fr:"Licence" en:"Licence"`
	Title   string `json:"title,omitempty" v:"len=200" fr:"Titre" en:"Title"`
	URL     string `json:"url,omitempty" v:"format=url" fr:"Lien" en:"Link"`
}

// MembershipCountReported is the data of membership.count.reported: how many members the lab has
// at that time, as a count; who they are never leaves the lab.
type MembershipCountReported struct {
	Members    int64         `json:"members" v:"required,min=0,max=100000" fr:"Adhérents actifs" en:"Active members"`
	ByUserType []MemberCount `json:"by_user_type,omitempty" fr:"Par type d'usager" en:"By user type"`
}

// MemberCount is how many members are of a type.
type MemberCount struct {
	UserType string `json:"user_type" v:"required,tax=user_types" fr:"Type d'usager" en:"User type"`
	Members  int64  `json:"members" v:"required,min=0,max=100000" fr:"Adhérents actifs" en:"Active members"`
}

// SurveyAggregateReported is the data of survey.aggregate.reported: counts alone, no answers.
type SurveyAggregateReported struct {
	Survey      string `json:"survey" v:"required,format=ref" fr:"Code de l'enquête" en:"Survey code"`
	Respondents int64  `json:"respondents" v:"required,min=1,max=1000000" fr:"Répondants" en:"Respondents"`
	Aware       int64  `json:"aware" v:"required,min=0,max=1000000" fr:"Répondants connaissant le fab lab" en:"Respondents who know the lab"`
	Size        string `json:"size,omitempty" v:"tax=company_sizes" fr:"Taille d'entreprise" en:"Company size class"`
}

// MilestoneReached is the data of milestone.reached.
type MilestoneReached struct {
	Milestone      string `json:"milestone" v:"required,tax=milestones" fr:"Jalon" en:"Milestone"`
	Due            string `json:"due,omitempty" v:"format=date" fr:"Échéance" en:"Due date"`
	AgreementStart string `json:"agreement_start,omitempty" v:"format=date" fr:"Début de la convention" en:"Start of the agreement"`
}
