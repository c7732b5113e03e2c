package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/scenario"
	"oakmoot/internal/zoocfg"
)

// zooConfig is what a zoo.cfg says, while it is read.
type zooConfig struct {
	file string
	// What becomes one flag of two keys.
	host, port               string
	adminHost, adminPort     string
	adminOn, adminOff        bool
	metricsHost, metricsPort string
	metricsOn                bool
	authOn                   bool
	authSchemes              []string

	settings []setting
	notes    []note
	mistakes []error
}

// setting is a value for a flag that the command line does not give.
type setting struct {
	flag  string
	apply func(*zkCommand)
}

// note is told once the server logs.
type note struct {
	text string
	warn bool // what the key asked for may be missed
}

// readConfig takes over the keys of zoo.cfg for which there is no flag on the command
// line. The error tells every mistake, a line each.
func (c *zkCommand) readConfig(k *kong.Context) error {
	if c.Config == "" {
		return nil
	}
	text, err := os.ReadFile(c.Config)
	if err != nil {
		return &unavailable{err}
	}
	z := &zooConfig{file: c.Config}
	for _, e := range zoocfg.Parse(string(text)) {
		if err := z.read(e); err != nil {
			z.mistakes = append(z.mistakes, fmt.Errorf("%s:%d: %w", z.file, e.Line, err))
		}
	}
	z.addresses()
	z.enforcement()
	if len(z.mistakes) > 0 {
		return &badInput{errors.Join(z.mistakes...)}
	}
	given := givenFlags(k)
	for _, s := range z.settings {
		if !given[s.flag] {
			s.apply(c)
		}
	}
	c.notes = z.notes
	if err := c.Validate(); err != nil {
		return &badInput{fmt.Errorf("%s with the flags: %w", z.file, err)}
	}
	return nil
}

// givenFlags are the names of the flags on the command line.
func givenFlags(k *kong.Context) map[string]bool {
	given := map[string]bool{}
	for _, step := range k.Path {
		if step.Flag != nil && !step.Resolved {
			given[step.Flag.Name] = true
		}
	}
	return given
}

func (z *zooConfig) read(e zoocfg.Entry) error {
	key := strings.TrimPrefix(e.Key, "zookeeper.") // as system properties are named
	if row, ok := zooKeys[key]; ok {
		if err := row(z, e.Value); err != nil {
			return fmt.Errorf("%s=%s: %w", e.Key, e.Value, err)
		}
		return nil
	}
	why, warn, ok := ignored(key)
	if !ok {
		return unknownKey(e.Key)
	}
	z.notes = append(z.notes, note{fmt.Sprintf("%s:%d: %s: %s", z.file, e.Line, e.Key, why), warn})
	return nil
}

func unknownKey(key string) error {
	known := append(sortedKeys(zooKeys), sortedKeys(ignoredKeys)...)
	slices.Sort(known)
	message := key + " is no key of zoo.cfg"
	if near := scenario.Nearest(key, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return errors.New(message)
}

func (z *zooConfig) set(flag string, apply func(*zkCommand)) {
	z.settings = append(z.settings, setting{flag, apply})
}

// anyAddress is where ZooKeeper listens unless it is told an address.
const anyAddress = "0.0.0.0"

// addresses makes flags of hosts and ports.
func (z *zooConfig) addresses() {
	if z.port != "" || z.host != "" {
		addr := net.JoinHostPort(or(z.host, anyAddress), or(z.port, "2181"))
		z.set("listen", func(c *zkCommand) { c.Listen = addr })
	}
	if (z.adminOn || z.adminPort != "" || z.adminHost != "") && !z.adminOff {
		addr := net.JoinHostPort(or(z.adminHost, anyAddress), or(z.adminPort, "8080"))
		z.set("admin", func(c *zkCommand) { c.Admin = addr })
	}
	if z.metricsOn || z.metricsPort != "" || z.metricsHost != "" {
		addr := net.JoinHostPort(or(z.metricsHost, anyAddress), or(z.metricsPort, "7000"))
		z.set("metrics", func(c *zkCommand) { c.Metrics = addr })
	}
}

// enforcement makes a flag of the two keys, of which either means nothing alone.
func (z *zooConfig) enforcement() {
	switch {
	case z.authOn && len(z.authSchemes) == 0:
		z.mistakes = append(z.mistakes, fmt.Errorf("%s: enforce.auth.enabled needs enforce.auth.schemes", z.file))
	case z.authOn:
		z.set("enforce-auth", func(c *zkCommand) { c.EnforceAuth = z.authSchemes })
	}
}

// tell logs what the configuration asked for and did not get.
func tell(log hclog.Logger, notes []note) {
	for _, n := range notes {
		if n.warn {
			log.Warn(n.text)
		} else {
			log.Info(n.text)
		}
	}
}
