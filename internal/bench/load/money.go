package load

var serviceTypes = [...]string{"prototyping", "design", "machining", "small_series", "training", "consulting", "space_rental"}

func (w *writer) companyServiceDelivered() {
	w.text(`"service_type":`)
	w.quoted(one(&w.r, serviceTypes[:]))
	w.companyList(2)
	w.field("amount_excl_vat")
	w.euros(w.r.between(50_00, 6000_00))
}

func (w *writer) companyOutcomeReported() {
	w.text(`"outcome_type":`)
	w.quoted(one(&w.r, []string{"prototype", "product", "small_series", "job"}))
	w.text(`,"verified":`)
	if w.r.chance(70) {
		w.text("true")
	} else {
		w.text("false")
	}
	w.companyList(1)
}

func (w *writer) expenditureRecorded() {
	cents := w.r.between(20_00, 9000_00)
	w.text(`"category":`)
	w.quoted(one(&w.r, []string{"machine_new", "machine_replacement", "premises_extension", "service_extension", "staff", "consulting", "other_eligible"}))
	w.field("amount_excl_vat")
	w.euros(cents)
	w.text(`,"eligible":true,"status":`)
	w.quoted(one(&w.r, []string{"committed", "invoiced", "paid", "paid"}))
	w.field("public_funding")
	w.euros(cents * 7 / 10)
	w.field("invoice")
	w.ref("facture", w.r.below(100_000))
}

func (w *writer) financePeriodReported() {
	own, costs := w.r.between(2000_00, 40_000_00), w.r.between(10_000_00, 90_000_00)
	w.text(`"own_revenue":`)
	w.euros(own)
	w.field("company_revenue")
	w.euros(own * 4 / 10)
	w.field("operating_costs")
	w.euros(costs)
}
