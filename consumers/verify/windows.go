package verify

// periodic figures are made of what falls in the period itself.
func (c calendar) periodic(facts []fact) series {
	tallies := map[period]*tally{}
	for _, f := range facts {
		p := c.of(f.day)
		t := tallies[p]
		if t == nil {
			t = &tally{}
			tallies[p] = t
		}
		t.add(f)
	}
	return seriesFrom(tallies)
}

func seriesFrom(tallies map[period]*tally) series {
	out := make(series, len(tallies))
	for p, t := range tallies {
		out[p] = t.figure()
	}
	return out
}

// first counts each reference in the period of its first day ever.
func (c calendar) first(facts []fact) series {
	days := map[uint32]Day{}
	for _, f := range facts {
		if day, seen := days[f.ref]; !seen || f.day < day {
			days[f.ref] = f.day
		}
	}
	out := series{}
	for _, day := range days {
		p := c.of(day)
		out[p] = figure{numerator: out[p].numerator.plus(whole(1))}
	}
	return out
}

// cumulative figures are made of all since the beginning; every period has one, up to now's.
func (c calendar) cumulative(facts []fact) series {
	byPeriod := c.byPeriod(facts)
	if len(byPeriod) == 0 {
		return nil
	}
	out := series{}
	var running tally
	for p := earliest(byPeriod); p <= c.now(); p++ {
		for _, f := range byPeriod[p] {
			running.add(f)
		}
		out[p] = running.figure()
	}
	return out
}

// rolling figures are made of the period and those before it, `months` in all.
func (c calendar) rolling(months int, facts []fact) series {
	if c.Grain == Quarterly {
		months /= 3
	}
	tallies := map[period]*tally{}
	for _, f := range facts {
		own := c.of(f.day)
		for p := own; p < own+period(months) && p <= c.now(); p++ {
			if tallies[p] == nil {
				tallies[p] = &tally{}
			}
			tallies[p].add(f)
		}
	}
	return seriesFrom(tallies)
}

// repeat is the references seen in two or more quarters of a rolling window ÷ those seen in it at all.
// A reference's quarter counts from the period of its first day in it to the last period that ends
// within `months` of the quarter's start.
func (c calendar) repeat(months int, facts []fact) series {
	type visit struct {
		ref     uint32
		quarter period
	}
	firsts := map[visit]Day{}
	for _, f := range facts {
		v := visit{f.ref, Quarterly.of(f.day)}
		if day, seen := firsts[v]; f.part == Denominator && (!seen || f.day < day) {
			firsts[v] = f.day
		}
	}
	quarters := map[period]map[uint32]int{}
	for v, day := range firsts {
		over := Quarterly.start(v.quarter).addMonths(months)
		for p := c.of(day); p <= c.now() && c.end(p) < over; p++ {
			if quarters[p] == nil {
				quarters[p] = map[uint32]int{}
			}
			quarters[p][v.ref]++
		}
	}
	out := series{}
	for p, refs := range quarters {
		again := int64(0)
		for _, n := range refs {
			if n >= 2 {
				again++
			}
		}
		out[p] = figure{whole(again), whole(int64(len(refs)))}
	}
	return out
}

// earliest is the first of the periods that have facts.
func earliest(byPeriod map[period][]fact) period {
	var out period
	found := false
	for p := range byPeriod {
		if !found || p < out {
			out, found = p, true
		}
	}
	return out
}
