package zkpath

import "strings"

// Elsewhere parses a path in a layout with Druid's defaults below some base, and
// returns that base: the shortest one with which the path means something. A service
// instance is recognised by the colon in its service's name, and its base is the
// discovery path.
func Elsewhere(path string) (base string, parsed Parsed) {
	for i, r := range path {
		if r != '/' {
			continue
		}
		base := Join("", path[:i])
		p, err := New(map[string]string{"druid.zk.paths.base": base, "druid.discovery.curator.path": "/"})
		if err != nil {
			return "", Parsed{}
		}
		if parsed := p.Parse(path); parsed.Kind != KindOther && parsed.Kind != KindServiceInstance {
			return base, parsed
		}
	}
	if service := Parent(path); strings.Contains(Name(service), ":") {
		return Parent(service), Parsed{Kind: KindServiceInstance, Name: Name(path), Group: Name(service)}
	}
	return "", Parsed{}
}
