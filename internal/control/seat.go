package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Seat is what a real Druid process needs to take a node's place.
type Seat struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"`
	Server     string     `json:"server"`             // the kind as Druid's command line has it: Main server <this>
	Host       string     `json:"host"`               // host:port at which it is expected
	AnyPort    bool       `json:"anyPort,omitempty"`  // another port will do as well
	Properties []Property `json:"properties"`         // of its runtime.properties, in order
	Warnings   []string   `json:"warnings,omitempty"` // what will not be as it is with a node of this cluster
}

// Property is a line of a runtime.properties file.
type Property struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Release is the directory of the Druid release whose bytes are written.
const Release = "apache-druid-0.14.0-incubating"

// escaped writes a value so that java.util.Properties reads it as it was.
var escaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// WriteTo writes a runtime.properties file whose comments tell how to start the
// process.
func (s Seat) WriteTo(w io.Writer) (int64, error) {
	n, err := fmt.Fprintf(w, `# %s: a real %s of Apache Druid 0.14.0-incubating.
# Save this as %s/runtime.properties in the directory of %s, and start it there, with Java 8:
#   java -server -Xmx512m -XX:MaxDirectMemorySize=512m -Duser.timezone=UTC -Dfile.encoding=UTF-8 \
#     -cp '%s:conf/druid/_common:lib/*' org.apache.druid.cli.Main server %s
`, s.Name, s.Kind, s.Name, Release, s.Name, s.Server)
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

// Seat fetches what a real process needs to take a node's place.
func (c Client) Seat(ctx context.Context, name string) (Seat, error) {
	var seat Seat
	err := c.getJSON(ctx, "/api/seat", url.Values{"name": {name}}, &seat)
	return seat, err
}

func (s *server) seat(w http.ResponseWriter, r *http.Request) error {
	seat, err := s.backend.Seat(r.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, seat)
}
