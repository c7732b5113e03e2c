package cluster

import (
	"fmt"
	"io"
	"strings"
)

// Seat is what a real Druid process needs to take a node's place.
type Seat struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"`
	Version    string     `json:"version"`            // of Druid: "0.14.0", "27.0.0" or "33.0.0"
	Server     string     `json:"server"`             // the kind as Druid's command line has it: Main server <this>
	Host       string     `json:"host"`               // host:port at which it is expected
	AnyPort    bool       `json:"anyPort,omitempty"`  // another port will do as well
	Properties []Property `json:"properties"`         // of its runtime.properties, in order
	Warnings   []string   `json:"warnings,omitempty"` // how it will differ from a node of this cluster
}

// Property is a line of a runtime.properties file.
type Property struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// distribution is how the processes of a version are started from its directory.
type distribution struct {
	name, java, run, conf string
}

var distributions = map[string]distribution{
	"0.14.0": {"0.14.0-incubating", "Java 8", "java", "conf/druid/_common"},
	"27.0.0": {"27.0.0", "Java 11 or 17", "bin/run-java", "conf/druid/single-server/micro-quickstart/_common"},
	"33.0.0": {"33.0.0", "Java 17", "bin/run-java", "conf/druid/auto/_common"},
}

// escaped writes a value so that java.util.Properties reads it as it was.
var escaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// WriteTo writes a runtime.properties file whose comments say how to start the
// process.
func (s Seat) WriteTo(w io.Writer) (int64, error) {
	d := distributions[s.Version]
	n, err := fmt.Fprintf(w, `# %s: a real %s of Apache Druid %s.
# Save this as %s/runtime.properties in the directory of apache-druid-%s, and start it there, with %s:
#   %s -server -Xmx512m -XX:MaxDirectMemorySize=512m -Duser.timezone=UTC -Dfile.encoding=UTF-8 \
#     -cp '%s:%s:lib/*' org.apache.druid.cli.Main server %s
`, s.Name, s.Kind, d.name, s.Name, d.name, d.java, d.run, s.Name, d.conf, s.Server)
	total := int64(n)
	line := func(format string, args ...any) {
		if err == nil {
			n, err = fmt.Fprintf(w, format+"\n", args...)
			total += int64(n)
		}
	}
	if s.AnyPort {
		line("# Any free port will do.")
	}
	for _, warning := range s.Warnings {
		line("# NOTE: %s", warning)
	}
	for _, p := range s.Properties {
		line("%s=%s", p.Key, escaped.Replace(p.Value))
	}
	return total, err
}
