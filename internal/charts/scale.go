package charts

import "math"

// scale maps values to heights.
type scale struct {
	low, high   float64
	step        float64
	top, bottom float64 // in the drawing
}

// newScale covers the values with at most five round steps, from 0 where they are all above it.
func newScale(values []float64, top, bottom float64) scale {
	low, high := 0.0, 0.0
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == low {
		high = low + 1
	}
	step := round125((high - low) / 4)
	s := scale{step: step, top: top, bottom: bottom}
	s.low, s.high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	return s
}

// round125 is the next of 1, 2, 2.5 or 5 × a power of ten.
func round125(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func (s scale) at(v float64) float64 {
	return s.bottom - (v-s.low)/(s.high-s.low)*(s.bottom-s.top)
}

func (s scale) ticks() []float64 {
	var out []float64
	for i := 0; s.low+float64(i)*s.step <= s.high+s.step/1e6; i++ {
		out = append(out, s.low+float64(i)*s.step)
	}
	return out
}
