package load

var (
	topics    = [...]string{"machine_laser_vinyl", "machine_3d_printing", "machine_cnc_small", "software_2d", "software_3d_cad", "electronics_arduino", "prototyping_method", "safety"}
	audiences = [...]string{"general_public", "companies", "youth", "education", "members", "mixed"}
	titles    = [...]string{"Découpe laser, niveau 2", "Initiation à l'impression 3D", "Prise en main de la fraiseuse numérique", "Électronique : premiers montages",
		"Soirée portes ouvertes", "Prototypage rapide pour les entreprises", "Sécurité à l'atelier"}
)

func (w *writer) trainingHeld() {
	w.text(`"end":"`)
	w.time(w.at + w.duration)
	w.text(`","topic":`)
	w.quoted(one(&w.r, topics[:]))
	audience := one(&w.r, audiences[:])
	w.field("audience")
	w.quoted(audience)
	people := w.r.between(1, 12)
	w.field("attendees")
	w.int(people)
	w.field("capacity")
	w.int(12)
	w.field("title")
	w.quoted(one(&w.r, titles[:]))
	if audience == "companies" {
		w.field("attendees_company")
		w.int(w.r.between(1, people))
		w.companyList(3)
	}
}

func (w *writer) trainingCancelled() {
	w.text(`"topic":`)
	w.quoted(one(&w.r, topics[:]))
	w.field("audience")
	w.quoted(one(&w.r, audiences[:]))
	w.field("registered")
	w.int(w.r.below(4))
	w.text(`,"cause":"few_registrations"`)
}

func (w *writer) discoveryHeld() {
	w.text(`"end":"`)
	w.time(w.at + w.duration)
	w.text(`","type":`)
	w.quoted(one(&w.r, []string{"open_lab", "open_day", "workshop_intro", "company_discovery", "school_visit", "repair_cafe", "conference"}))
	audience := one(&w.r, audiences[:])
	w.field("audience")
	w.quoted(audience)
	w.field("attendance")
	w.int(w.r.between(3, 80))
	w.text(`,"place":"on_site"`)
	w.field("title")
	w.quoted(one(&w.r, titles[:]))
	if audience == "companies" {
		w.companyList(4)
	}
	if w.r.chance(30) {
		w.field("partners")
		w.partnerList()
	}
}

func (w *writer) sessionAnnounced() {
	w.text(`"activity":"training","title":`)
	w.quoted(one(&w.r, titles[:]))
	starts := w.at + int64(w.r.between(2, 40))*secondsOfDay
	w.text(`,"starts":"`)
	w.time(starts)
	w.text(`","ends":"`)
	w.time(starts + w.duration)
	w.text(`","audience":"general_public","topic":`)
	w.quoted(one(&w.r, topics[:]))
	w.text(`,"seats":12`)
}

func (w *writer) showcaseVisitHosted() {
	w.text(`"visitor_type":`)
	w.quoted(one(&w.r, []string{"school", "company", "institution", "elected", "peers", "public"}))
	w.field("visitors")
	w.int(w.r.between(2, 40))
}

func (w *writer) visibilityItemPublished() {
	w.text(`"scope":`)
	w.quoted(one(&w.r, []string{"local", "local", "regional", "national"}))
	w.field("medium")
	w.quoted(one(&w.r, []string{"press", "radio", "web", "social_network", "newsletter"}))
	w.text(`,"outlet":"Le Courrier des ateliers","title":"Un fab lab au service des entreprises","url":"https://www.example.org/articles/`)
	w.int(w.r.below(100_000))
	w.text(`"`)
}

func (w *writer) projectPublished() {
	w.text(`"project":`)
	w.ref("projet", w.r.below(500))
	w.text(`,"licence":"cc_by_sa","title":"Lampe à poser en contreplaqué","url":"https://www.example.org/projets"`)
}

func (w *writer) partnershipActivity() {
	w.text(`"action":`)
	w.quoted(one(&w.r, []string{"joint_project", "joint_offer", "fair", "working_group", "internship", "loan"}))
	w.field("partners")
	w.partnerList()
	w.text(`,"title":"Journée commune avec le lycée voisin"`)
}

func (w *writer) partnershipSigned() {
	p := w.r.below(30)
	w.text(`"partnership":`)
	w.ref("partenariat", p)
	w.field("partner_type")
	w.quoted(partnerTypes[p%len(partnerTypes)])
}

func (w *writer) membershipCountReported() {
	students, companies, others := w.r.between(5, 60), w.r.between(1, 30), w.r.between(20, 200)
	w.text(`"members":`)
	w.int(students + companies + others)
	w.text(`,"by_user_type":[{"user_type":"individual","members":`)
	w.int(others)
	w.text(`},{"user_type":"student_jobseeker","members":`)
	w.int(students)
	w.text(`},{"user_type":"sme","members":`)
	w.int(companies)
	w.text(`}]`)
}

func (w *writer) surveyAggregateReported() {
	respondents := w.r.between(20, 300)
	w.text(`"survey":`)
	w.ref("enquete", w.r.below(20))
	w.field("respondents")
	w.int(respondents)
	w.field("aware")
	w.int(w.r.below(respondents))
}
