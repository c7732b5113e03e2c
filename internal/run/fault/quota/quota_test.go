package quota_test

import (
	"testing"

	"oakmoot/internal/run/fault/quota"
)

func TestPlacesOfOneFaultShareItsQuota(t *testing.T) {
	q, choice := quota.New(), quota.Choice{Skip: 1, Times: 2}
	var met []int
	for i := range 6 { // from this place and that
		if q.Pick(choice, nil) {
			met = append(met, i)
		}
		select {
		case <-q.Spent():
			if len(met) < 2 {
				t.Fatalf("spent after %d", len(met))
			}
		default:
			if len(met) == 2 {
				t.Fatal("both are met, and it is not spent")
			}
		}
	}
	if len(met) != 2 || met[0] != 1 || met[1] != 2 || q.Picked() != 2 {
		t.Errorf("met %v, want the second and the third", met)
	}
}

func TestShareIsDrawnForEach(t *testing.T) {
	q, draws := quota.New(), []float64{0.1, 0.9, 0.29, 0.3}
	met := 0
	for _, d := range draws {
		if q.Pick(quota.Choice{Share: 0.3}, func() float64 { return d }) {
			met++
		}
	}
	if met != 2 {
		t.Errorf("met %d of %v at a share of 0.3, want 2", met, draws)
	}
}
