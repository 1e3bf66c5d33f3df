package opendata

// commitments are a lab's, of indicators that are published. What one about people or companies reached is shown where it is the published
// total, up to this quarter: then the status tells nothing else. Its target is always shown,
// its baseline unless it is small.
func (p *publication) commitments(lab string, figures []Figure) []Commitment {
	var out []Commitment
	for _, s := range p.facts.Standings {
		if s.Lab != lab || !p.listed(s.Indicator) {
			continue
		}
		c := s.Commitment
		rule, _ := policyOf(s.Indicator)
		if rule.how != free && !p.shown(c, figures) {
			c.mask()
		}
		if rule.how != free && c.Baseline != nil && small(c.Baseline.Micros(), rule.threshold) {
			c.Baseline = nil // it counts people or companies too, and the status is worked out with it
			c.mask()
		}
		out = append(out, c)
	}
	return out
}

func (c *Commitment) mask() { c.Actual, c.Percent, c.Status, c.Masked = nil, nil, "", true }

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
