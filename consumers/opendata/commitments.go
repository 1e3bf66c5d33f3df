package opendata

// commitments are a lab's, of indicators that are published. What one about people or companies reached is shown where it is the published
// total, up to this quarter: then the status tells nothing else. Its target is always shown.
func (p *publication) commitments(lab string, figures []Figure) []Commitment {
	var out []Commitment
	for _, s := range p.facts.Standings {
		if s.Lab != lab || !p.listed(s.Indicator) {
			continue
		}
		c := s.Commitment
		if rule, _ := policyOf(s.Indicator); rule.how != free && !p.shown(c, figures) {
			c.Actual, c.Percent, c.Status, c.Masked = nil, nil, "", true
		}
		out = append(out, c)
	}
	return out
}

func (p *publication) listed(code string) bool {
	for _, i := range p.indicators {
		if i.Code == code {
			return true
		}
	}
	return false
}

// shown says whether what a commitment reached is published anyway.
func (p *publication) shown(c Commitment, figures []Figure) bool {
	if c.Segment != "" || c.Actual == nil {
		return false
	}
	for _, f := range figures {
		if f.Total && f.Indicator == c.Indicator {
			return f.Value != nil && f.To == p.facts.Until && *f.Value == *c.Actual
		}
	}
	return false
}
