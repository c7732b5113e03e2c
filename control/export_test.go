package control

import (
	"iter"
	"regexp"
)

var fqName = regexp.MustCompile(`fqName: "(\w+)"`)

// Described are the names of the metrics that this package describes.
func Described() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, r := range append(append([]row{rowAnswered}, stateRows...), druidRows...) {
			if !yield(fqName.FindStringSubmatch(r.desc.String())[1]) {
				return
			}
		}
	}
}
