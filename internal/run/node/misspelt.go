package node

import (
	_ "embed"
	"slices"
	"strings"
)

// listed are the properties of Druid 0.14.0, whether or not a node of ours reads them: those that its documentation
// names, and the fields of the classes that JsonConfigProvider binds. One that ends with * stands for all that begin
// so, where names are free.
//
//go:embed properties.txt
var listed string

// ofDruid reports whether Druid has a property.
func ofDruid(key string) bool {
	for name := range strings.FieldsSeq(listed) {
		if begin, free := strings.CutSuffix(name, "*"); name == key || free && strings.HasPrefix(key, begin) {
			return true
		}
	}
	return false
}

// Misspelt is the property that one is most likely to mean, or "" for a property of Druid's, and for one that is not
// near to any: an extension may have it.
func Misspelt(key string, nearest func(word string, known []string) string) string {
	if _, ok := known[key]; ok || ofDruid(key) {
		return ""
	}
	all := slices.Concat(Known(), strings.Fields(listed))
	slices.Sort(all)
	return nearest(key, all)
}
