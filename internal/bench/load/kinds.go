package load

// kinds are those that labs send, with their shares. A dozen of the contract's rarer kinds are left out.
func kinds() []kind {
	return []kind{
		{name: "machine.usage", perMille: 700, data: (*writer).machineUsage},
		{name: "machine.availability", perMille: 40, data: (*writer).machineAvailability},
		{name: "training.held", perMille: 70, data: (*writer).trainingHeld},
		{name: "training.cancelled", perMille: 10, data: (*writer).trainingCancelled},
		{name: "discovery.held", perMille: 35, data: (*writer).discoveryHeld},
		{name: "session.announced", perMille: 6, data: (*writer).sessionAnnounced},
		{name: "company.service.delivered", perMille: 30, data: (*writer).companyServiceDelivered},
		{name: "company.outcome.reported", perMille: 5, data: (*writer).companyOutcomeReported},
		{name: "showcase.visit.hosted", perMille: 20, data: (*writer).showcaseVisitHosted},
		{name: "visibility.item.published", perMille: 20, data: (*writer).visibilityItemPublished},
		{name: "project.published", perMille: 6, data: (*writer).projectPublished},
		{name: "expenditure.recorded", perMille: 25, data: (*writer).expenditureRecorded},
		{name: "finance.period.reported", perMille: 2, data: (*writer).financePeriodReported},
		{name: "partnership.activity", perMille: 12, data: (*writer).partnershipActivity},
		{name: "partnership.signed", perMille: 5, data: (*writer).partnershipSigned},
		{name: "membership.count.reported", perMille: 12, data: (*writer).membershipCountReported},
		{name: "survey.aggregate.reported", perMille: 2, data: (*writer).surveyAggregateReported},
	}
}

// machine is one that every lab has.
type machine struct{ code, category string }

func machines() []machine { return machineList[:] }

var machineList = [...]machine{
	{"laser-1", "laser_cutter"}, {"laser-2", "laser_cutter"}, {"fdm-1", "printer_3d_fdm"}, {"fdm-2", "printer_3d_fdm"}, {"fdm-3", "printer_3d_fdm"},
	{"resine-1", "printer_3d_resin"}, {"vinyle-1", "vinyl_cutter"}, {"cnc-1", "cnc_mill_large"}, {"fraiseuse-1", "cnc_mill_small"},
	{"electro-1", "electronics"}, {"couture-1", "textile"}, {"traceur-1", "large_format_print"}, {"bois-1", "woodworking"}, {"tour-1", "metalworking"},
}

func (w *writer) machine() {
	m := one(&w.r, machines())
	w.text(`"machine":"`)
	w.text(m.code)
	w.text(`","machine_category":"`)
	w.text(m.category)
	w.text(`","end":"`)
}

func (w *writer) machineUsage() {
	w.machine()
	w.time(w.at + w.duration)
	w.text(`","origin":`)
	w.quoted(one(&w.r, []string{"measured", "measured", "booked", "declared"}))
	w.field("user_type")
	user := one(&w.r, userTypes[:])
	w.quoted(user.code)
	if user.company {
		w.companyList(1)
	}
}

func (w *writer) machineAvailability() {
	w.machine()
	w.time(w.at + w.duration)
	w.text(`"`)
	if w.r.chance(20) {
		w.field("downtime_s")
		w.int(w.r.below(int(w.duration)))
	}
}

type userType struct {
	code    string
	company bool
}

var userTypes = [...]userType{{"individual", false}, {"individual", false}, {"student_jobseeker", false}, {"self_employed", true}, {"sme", true},
	{"startup", true}, {"public_body", false}, {"education_body", false}}

// companyList writes up to so many companies of the forty that a lab knows.
func (w *writer) companyList(most int) {
	w.field("companies")
	w.text("[")
	first := w.r.below(40)
	for i := range w.r.between(1, most) {
		if i > 0 {
			w.text(",")
		}
		c := (w.lab*37 + first + i) % len(w.companies)
		w.text(`{"siren":`)
		w.quoted(w.companies[c])
		w.field("size")
		w.quoted([]string{"micro", "pme", "pme", "eti"}[c%4])
		w.field("naf")
		w.quoted([]string{"C", "F", "G", "J", "M"}[c%5])
		w.text("}")
	}
	w.text("]")
}

// partnerList writes one or two of the partners that a lab has.
func (w *writer) partnerList() {
	w.text("[")
	for i := range w.r.between(1, 2) {
		if i > 0 {
			w.text(",")
		}
		p := w.r.below(30)
		w.text(`{"partnership":`)
		w.ref("partenariat", p)
		w.field("type")
		w.quoted(partnerTypes[p%len(partnerTypes)])
		w.text("}")
	}
	w.text("]")
}

var partnerTypes = [...]string{"school", "university", "competitiveness_cluster", "chamber_commerce", "local_authority", "association", "company"}
