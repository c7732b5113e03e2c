package museum

import (
	"reflect"
	"slices"
	"testing"
)

func TestExhibitsAreWhole(t *testing.T) {
	seen := map[Switch]bool{}
	for _, e := range Exhibits {
		for i, v := 0, reflect.ValueOf(e); i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("%s has no %s", e.Switch, v.Type().Field(i).Name)
			}
		}
		if seen[e.Switch] {
			t.Errorf("%s is there twice", e.Switch)
		}
		seen[e.Switch] = true
		if found, ok := Find(string(e.Switch)); !ok || found.Source != e.Source {
			t.Errorf("%s is not found by its name", e.Switch)
		}
		for _, kind := range e.Kinds {
			if !slices.Contains(NamesFor(kind), string(e.Switch)) {
				t.Errorf("%s is not among those of the kind %s", e.Switch, kind)
			}
		}
	}
}

func TestNodesHaveNoOldBugUnlessTold(t *testing.T) {
	for _, e := range Exhibits {
		if (Set(nil)).Has(e.Switch) {
			t.Errorf("%s is on by default", e.Switch)
		}
		if !(Set{string(e.Switch)}).Has(e.Switch) {
			t.Errorf("%s is off though it is turned on", e.Switch)
		}
	}
}
