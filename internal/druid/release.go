package druid

import (
	"fmt"
	"maps"
	"slices"

	"oakmoot/internal/run/clock"
)

// Release is a version of Druid, reduced to what it writes differently from 0.14.0,
// which is the zero value. What other releases write can always be read, since unknown
// members are kept.
type Release struct {
	version          string // "" is 0.14.0's
	additions        []addition
	noLookupListener bool
	clock            *clock.Clock // of the process
}

// addition is a member that a release writes and 0.14.0 does not.
type addition struct {
	to    string   // the class that is written
	in    []string // the keys that lead to the object inside it
	after string   // the member that it follows, the last one with that key; "" is the end
	key   string
	value func(r Release, object fields) any
}

// always is the same value in every object.
func always(v any) func(Release, fields) any { return func(Release, fields) any { return v } }

// workerCategory is the category of a worker that names none: WorkerConfig of 27.0.0.
const workerCategory = "_default_worker_category"

// serverType is a dataNodeService's second "type", that of the server.
func serverType(_ Release, service fields) any {
	var last any
	for _, f := range service {
		if f.key == "type" {
			last = f.value
		}
	}
	return last
}

// releases are the versions that can be written.
var releases = map[string]Release{
	"0.14.0": {},
	"27.0.0": {version: "27.0.0", additions: newer, noLookupListener: true},
	"33.0.0": {version: "33.0.0", additions: newer, noLookupListener: true},
}

// newer are the additions of the releases that find nodes for lookups in
// internal-discovery.
var newer = []addition{
	{to: "DiscoveryDruidNode", key: "startTime", value: func(r Release, _ fields) any { return At(r.clock.Now()) }},
	{to: "DiscoveryDruidNode", in: []string{"services", "dataNodeService"}, after: "type", key: "serverType", value: serverType},
	{to: "DiscoveryDruidNode", in: []string{"services", "workerNodeService"}, key: "category", value: always(workerCategory)},
	{to: "Worker", key: "category", value: always(workerCategory)},
	{to: "TaskAnnouncement", in: []string{"taskStatus"}, key: "location", value: always(UnknownLocation())},
}

// Versions lists the versions that can be written, in order.
func Versions() []string { return slices.Sorted(maps.Keys(releases)) }

// ReleaseOf returns the release of a version such as "27.0.0"; false when it cannot be
// written.
func ReleaseOf(version string) (Release, bool) {
	r, ok := releases[version]
	return r, ok
}

// By is the release as a process writes it whose clock that is.
func (r Release) By(c *clock.Clock) Release {
	r.clock = c
	return r
}

// Version is the version that /status reports.
func (r Release) Version() string {
	if r.version == "" {
		return "0.14.0-incubating"
	}
	return r.version
}

// LookupListeners reports whether processes that take lookups announce it below
// listeners/lookups.
func (r Release) LookupListeners() bool { return !r.noLookupListener }

// Marshal writes a value as the release does.
func (r Release) Marshal(v any) ([]byte, error) {
	b, err := Marshal(v)
	if err != nil {
		return nil, err
	}
	class := classOf(v)
	for _, a := range r.additions {
		if a.to != class {
			continue
		}
		if b, err = a.add(r, b, a.in); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", a.key, class, err)
		}
	}
	return b, nil
}

// classOf returns the Java class of a value that releases write differently, or "".
func classOf(v any) string {
	switch v.(type) {
	case DiscoveryNode:
		return "DiscoveryDruidNode"
	case Worker:
		return "Worker"
	case TaskAnnouncement:
		return "TaskAnnouncement"
	}
	return ""
}

// add inserts the member into the object at the end of a path. If there is no such
// object, or it already has the member, nothing is added.
func (a addition) add(r Release, object []byte, in []string) ([]byte, error) {
	all, err := readFields(object)
	if err != nil {
		return nil, err
	}
	if len(in) > 0 {
		i := slices.IndexFunc(all, func(f field) bool { return f.key == in[0] })
		if i < 0 {
			return object, nil
		}
		if all[i].value, err = a.add(r, all[i].value, in[1:]); err != nil {
			return nil, err
		}
		return encodeObject(nil, all)
	}
	if _, there := all.get(a.key); there {
		return object, nil
	}
	value, err := Marshal(a.value(r, all))
	if err != nil {
		return nil, err
	}
	at := len(all)
	for i, f := range all {
		if f.key == a.after {
			at = i + 1
		}
	}
	return encodeObject(nil, slices.Insert(all, at, field{a.key, value}))
}
