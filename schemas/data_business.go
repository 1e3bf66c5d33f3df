package schemas

// ExpenditureRecorded is the data of expenditure.recorded. A credit note is negative.
type ExpenditureRecorded struct {
	Category      string   `json:"category" v:"required,tax=expenditure_categories" fr:"Poste de dépense" en:"Expenditure category"`
	Amount        Decimal  `json:"amount_excl_vat" v:"required,min=-10000000,max=10000000" fr:"Montant HT (€)" en:"Amount excl. VAT (€)"`
	Eligible      bool     `json:"eligible" v:"required" fr:"Éligible" en:"Eligible"`
	Status        string   `json:"status" v:"required,enum=committed|invoiced|paid" fr:"État" en:"Status"`
	PublicFunding *Decimal `json:"public_funding,omitempty" v:"min=-10000000,max=10000000" fr:"Part d'aide publique (€)" en:"Public grant share (€)"`
	Invoice       string   `json:"invoice,omitempty" v:"format=ref" fr:"N° de facture" en:"Invoice number"`
}

// ServiceLaunched is the data of service.launched.
type ServiceLaunched struct {
	Service     string `json:"service" v:"required,format=ref" fr:"Code du service" en:"Service code"`
	ServiceType string `json:"service_type" v:"required,tax=service_types" fr:"Type de service" en:"Service type"`
	Audience    string `json:"audience,omitempty" v:"tax=audiences" fr:"Public" en:"Audience"`
	Title       string `json:"title,omitempty" v:"len=200" fr:"Intitulé" en:"Title"`
	URL         string `json:"url,omitempty" v:"format=url" fr:"Lien" en:"Link"`
}

// CompanyServiceDelivered is the data of company.service.delivered.
type CompanyServiceDelivered struct {
	ServiceType string    `json:"service_type" v:"required,tax=service_types" fr:"Type de service" en:"Service type"`
	Companies   []Company `json:"companies" v:"required,items=1" fr:"Entreprises" en:"Companies"`
	Amount      *Decimal  `json:"amount_excl_vat,omitempty" v:"min=0,max=10000000" fr:"Montant HT (€)" en:"Amount excl. VAT (€)"`
}

// CompanyOutcomeReported is the data of company.outcome.reported: what a company drew from the lab.
type CompanyOutcomeReported struct {
	OutcomeType string    `json:"outcome_type" v:"required,enum=prototype|product|small_series|patent|job|company_created" fr:"Type de résultat" en:"Outcome type"`
	Verified    bool      `json:"verified" v:"required" fr:"Attesté par l'entreprise" en:"Attested by the company"`
	Companies   []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
}

// FinancePeriodReported is the data of finance.period.reported. The event's time is the last day
// of the period, so that the figures count in the period that they are about.
type FinancePeriodReported struct {
	OwnRevenue       Decimal   `json:"own_revenue" v:"required,min=-10000000,max=100000000" fr:"Recettes propres HT, hors subventions (€)" en:"Own revenue excl. VAT and grants (€)"`
	CompanyRevenue   *Decimal  `json:"company_revenue,omitempty" v:"min=-10000000,max=100000000" fr:"dont recettes entreprises (€)" en:"of which from companies (€)"`
	OperatingCosts   *Decimal  `json:"operating_costs,omitempty" v:"min=0,max=100000000" fr:"Charges d'exploitation hors investissement (€)" en:"Operating costs excl. investment (€)"`
	TopClientPercent *Decimal  `json:"top_client_percent,omitempty" v:"min=0,max=100" fr:"Part du premier client entreprise (%)" en:"Largest company client's share (%)"`
	Revenues         []Revenue `json:"revenues,omitempty" fr:"Recettes par nature" en:"Revenue by stream"`
}

// Revenue is the part of the own revenue that one stream brought.
type Revenue struct {
	Stream string  `json:"stream" v:"required,enum=memberships|machine_hours|trainings|company_services|events|sales|rental|other" fr:"Nature" en:"Stream"`
	Amount Decimal `json:"amount" v:"required,min=-10000000,max=100000000" fr:"Montant HT (€)" en:"Amount excl. VAT (€)"`
}

// BusinessModelTestStarted is the data of business_model.test.started.
type BusinessModelTestStarted struct {
	Test           string    `json:"test" v:"required,format=ref" fr:"Code du test" en:"Test code"`
	HypothesisType string    `json:"hypothesis_type" v:"required,tax=hypothesis_types" fr:"Type d'hypothèse" en:"Hypothesis type"`
	Companies      []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
}

// BusinessModelTestConcluded is the data of business_model.test.concluded.
type BusinessModelTestConcluded struct {
	Test           string    `json:"test" v:"required,format=ref" fr:"Code du test" en:"Test code"`
	HypothesisType string    `json:"hypothesis_type" v:"required,tax=hypothesis_types" fr:"Type d'hypothèse" en:"Hypothesis type"`
	Decision       string    `json:"decision" v:"required,enum=kept|changed|dropped" fr:"Décision" en:"Decision"`
	Companies      []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
}

// BusinessModelStageChanged is the data of business_model.stage.changed: 0 none, 1 defined,
// 2 in test, 3 tested with companies, 4 adopted.
type BusinessModelStageChanged struct {
	Stage int64 `json:"stage" v:"required,min=0,max=4" fr:"Étape (0 à 4)" en:"Stage (0 to 4)"`
}
