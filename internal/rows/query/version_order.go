package query

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"oakmoot/internal/rows/segment"
)

// compareVersions orders as VersionComparator does, which is Maven 3.6's
// ComparableVersion.
func compareVersions(a, b string) int { return parseVersion(a).compare(parseVersion(b)) }

// versionItem is a part of a version: a number, a qualifier or a list of parts.
type versionItem struct {
	kind   versionKind
	text   string // of a number, its digits without leading zeros
	items  []*versionItem
	parent *versionItem
}

type versionKind int

const (
	versionNumber versionKind = iota
	versionQualifier
	versionList
)

// qualifiers are those that Maven knows, in order; the empty one is a release.
var qualifiers = []string{"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"}

var qualifierAliases = map[string]string{"ga": "", "final": "", "cr": "rc"}

func parseVersion(version string) *versionItem {
	version = strings.ToLower(strings.ReplaceAll(version, "İ", "i\u0307")) // as Java does it
	list := &versionItem{kind: versionList}
	inside := func() {
		inner := &versionItem{kind: versionList, parent: list}
		list.items = append(list.items, inner)
		list = inner
	}
	put := func(digits bool, text string, beforeDigit bool) {
		list.items = append(list.items, newVersionItem(digits, text, beforeDigit))
	}
	digits, start := false, 0
	for i, r := range version {
		switch {
		case r == '.' || r == '-':
			if i == start {
				put(true, "0", false)
			} else {
				put(digits, version[start:i], false)
			}
			start = i + 1
			if r == '-' {
				inside()
			}
		case unicode.IsDigit(r) != digits:
			if i > start {
				put(digits, version[start:i], !digits)
				start = i
				inside()
			}
			digits = !digits
		}
	}
	if start < len(version) {
		put(digits, version[start:], false)
	}
	for ; ; list = list.parent {
		list.normalize()
		if list.parent == nil {
			return list
		}
	}
}

func newVersionItem(digits bool, text string, beforeDigit bool) *versionItem {
	if digits {
		return &versionItem{kind: versionNumber, text: strings.TrimLeft(strings.Map(plainDigit, text), "0")}
	}
	if beforeDigit && len(text) == 1 {
		text = cmp.Or(map[string]string{"a": "alpha", "b": "beta", "m": "milestone"}[text], text)
	}
	if alias, ok := qualifierAliases[text]; ok {
		text = alias
	}
	return &versionItem{kind: versionQualifier, text: text}
}

// normalize removes trailing parts that say nothing.
func (v *versionItem) normalize() {
	for i := len(v.items) - 1; i >= 0; i-- {
		switch item := v.items[i]; {
		case item.nothing():
			v.items = slices.Delete(v.items, i, i+1)
		case item.kind != versionList:
			return
		}
	}
}

func (v *versionItem) nothing() bool { return v.text == "" && len(v.items) == 0 }

// rank returns a qualifier in a form that sorts as text; one unknown to Maven sorts
// last.
func (v *versionItem) rank() string {
	if i := slices.Index(qualifiers, v.text); i >= 0 {
		return strconv.Itoa(i)
	}
	return strconv.Itoa(len(qualifiers)) + "-" + v.text
}

// compare compares with another part, or with none.
func (v *versionItem) compare(o *versionItem) int {
	switch {
	case o == nil:
		return v.compareToNone()
	case v.kind != o.kind:
		// a number is above a list, which is above a qualifier
		weight := map[versionKind]int{versionQualifier: 0, versionList: 1, versionNumber: 2}
		return cmp.Compare(weight[v.kind], weight[o.kind])
	case v.kind == versionNumber:
		return cmp.Or(cmp.Compare(len(v.text), len(o.text)), strings.Compare(v.text, o.text))
	case v.kind == versionQualifier:
		return segment.CompareStrings(v.rank(), o.rank())
	}
	for i := range max(len(v.items), len(o.items)) {
		var c int
		switch {
		case i >= len(v.items):
			c = -o.items[i].compareToNone()
		case i >= len(o.items):
			c = v.items[i].compareToNone()
		default:
			c = v.items[i].compare(o.items[i])
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (v *versionItem) compareToNone() int {
	switch {
	case v.kind == versionQualifier:
		return strings.Compare(v.rank(), (&versionItem{kind: versionQualifier}).rank())
	case v.nothing():
		return 0
	case v.kind == versionNumber:
		return 1
	}
	return v.items[0].compareToNone()
}
