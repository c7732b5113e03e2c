package topology

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

// notes takes down the mistakes of a topology and demands of one value what can be asked
// without looking at the others.
type notes struct{ doc *tomldoc.Document }

func (n notes) add(path tomldoc.Path, format string, args ...any) {
	n.doc.Add(path, fmt.Sprintf(format, args...))
}

// addSyntax places a mistake of the scenario language inside its string.
func (n notes) addSyntax(path tomldoc.Path, err error) {
	if err == nil {
		return
	}
	if syntax, ok := err.(*scenario.SyntaxError); ok {
		n.doc.AddAt(path, syntax.Column, syntax.Message)
		return
	}
	n.add(path, "%v", err)
}

// oneOf demands that a value is one of the known ones.
func (n notes) oneOf(path tomldoc.Path, value string, known ...string) bool {
	if slices.Contains(known, value) {
		return true
	}
	switch near := scenario.Nearest(value, known); {
	case value == "":
		n.add(path, "%s is missing: one of %s", path[len(path)-1], strings.Join(known, ", "))
	case near != "":
		n.add(path, "unknown value %q; did you mean %q?", value, near)
	case len(known) == 1:
		n.add(path, "unknown value %q; only %q is known", value, known[0])
	default:
		n.add(path, "unknown value %q; known are %s", value, strings.Join(known, ", "))
	}
	return false
}

// meaningless reports a key that has no meaning where it is set.
func (n notes) meaningless(path tomldoc.Path, set bool, reason string) {
	if set {
		n.doc.AddKey(path, fmt.Sprintf("%s means nothing here: %s", path[len(path)-1], reason))
	}
}

// unless reports a key that has a meaning only where it applies.
func (n notes) unless(applies bool, path tomldoc.Path, set bool, reason string) {
	n.meaningless(path, set && !applies, reason)
}

// within demands a number between two bounds, both included.
func (n notes) within(path tomldoc.Path, v, lowest, highest int) {
	if v < lowest || v > highest {
		n.add(path, "%d is not between %d and %d", v, lowest, highest)
	}
}

// number is a number as the file has it, which may be a zero that a default would
// replace, or else the default.
func (n notes) number(path tomldoc.Path, written, filled int) int {
	if n.doc.Sets(path) {
		return written
	}
	return filled
}

func (n notes) address(path tomldoc.Path, addr string) {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		n.add(path, "%q is not host:port", addr)
	}
}

// connect checks a connect string: host:port[,host:port][/chroot].
func (n notes) connect(path tomldoc.Path, connect string) {
	if connect == "" {
		n.add(path, "an external ZooKeeper needs connect = \"host:port\"")
		return
	}
	hosts, chroot, found := strings.Cut(connect, "/")
	for addr := range strings.SplitSeq(hosts, ",") {
		n.address(path, addr)
	}
	if mistake := badPath("/" + chroot); found && mistake != "" {
		n.add(path, "%q is not a chroot: %s", "/"+chroot, mistake)
	}
}

// properties demands Druid's names.
func (n notes) properties(path tomldoc.Path, props map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if !strings.HasPrefix(key, "druid.") {
			n.doc.AddKey(slices.Concat(path, at(key)), fmt.Sprintf("%q is not a property of Druid: their names begin with \"druid.\"", key))
		}
	}
}

// spelling demands properties that are not misspelt. A process in an external seat may
// have others than we know of.
func (n notes) spelling(path tomldoc.Path, props map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if meant := process.Misspelt(key, scenario.Slip); meant != "" {
			n.doc.AddKey(slices.Concat(path, at(key)), fmt.Sprintf("unknown property %q; did you mean %q?", key, meant))
		}
	}
}

func (n notes) required(path tomldoc.Path, given bool, message string) {
	if !given {
		n.add(path, "%s", message)
	}
}
