package machine

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// ports is the size of net.ipv4.ip_local_port_range.
func ports() int64 { return portsIn(read("/proc/sys/net/ipv4/ip_local_port_range")) }

func portsIn(text string) int64 {
	bounds := strings.Fields(text)
	if len(bounds) != 2 {
		return Unknown
	}
	first, last := number(bounds[0]), number(bounds[1])
	if first == Unknown || last < first {
		return Unknown
	}
	return last - first + 1
}

// memory is what is available in the machine, or less if a cgroup allows less.
func memory() int64 {
	least := available(read("/proc/meminfo"))
	for _, g := range groups(read("/proc/self/cgroup")) {
		if left := g.left(); left != Unknown && (least == Unknown || left < least) {
			least = left
		}
	}
	return least
}

// available is MemAvailable of /proc/meminfo.
func available(meminfo string) int64 {
	if kibibytes := field(meminfo, "MemAvailable:"); kibibytes != Unknown {
		return kibibytes << 10
	}
	return Unknown
}

// group is a cgroup, by its directory and the names of its files.
type group struct{ dir, limit, usage, cache string }

// groups are the process's cgroup and all above it, which limit it too.
func groups(self string) (all []group) {
	for line := range strings.Lines(self) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // hierarchy, controllers, path
		if len(parts) != 3 {
			continue
		}
		g := group{"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}
		switch {
		case parts[1] == "": // version 2
		case strings.Contains(","+parts[1]+",", ",memory,"):
			g = group{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
		default:
			continue
		}
		root := g.dir
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			g.dir = path.Join(root, at)
			all = append(all, g)
			if at == "/" {
				break
			}
		}
	}
	return all
}

// left is what the group may still use; files in the cache that nobody uses can go.
func (g group) left() int64 {
	limit, usage := number(read(path.Join(g.dir, g.limit))), number(read(path.Join(g.dir, g.usage)))
	if limit == Unknown || usage == Unknown {
		return Unknown
	}
	usage -= max(0, field(read(path.Join(g.dir, "memory.stat")), g.cache))
	return max(0, limit-usage)
}

// field is the number behind a name at the beginning of a line.
func field(text, name string) int64 {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return number(words[1])
		}
	}
	return Unknown
}

func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return Unknown // "max", or nothing at all
	}
	return n
}

// read is a file's text, "" without one.
func read(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(b)
}
