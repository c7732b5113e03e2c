package cli

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/zk/zoocfg"
)

// zooConfig collects what a zoo.cfg says while it is read. It is wide because each key is
// a field.
type zooConfig struct {
	file string
	// Several keys that make one flag.
	host, port                             string
	adminHost, adminPort                   string
	adminOn, adminOff                      bool
	metricsHost, metricsPort, metricsClass string
	authOn                                 bool
	authSchemes                            []string
	dataDir, logDir                        string
	purgesNever                            bool
	keyStore, trustStore                   store
	clientAuth, unified                    string
	servers                                int

	at       string // the current line and key
	settings []setting
	notes    []note
	mistakes []error
}

// store is a key store, or a trust store.
type store struct{ file, kind string }

// setting is a value for a flag that is not on the command line.
type setting struct {
	flag  string
	apply func(*zkCommand)
}

// note is logged once the server logs.
type note struct {
	text string
	warn bool // somebody may miss what the key asked for
}

// readConfig applies the keys of zoo.cfg whose flags are not on the command line. The error lists every mistake, one
// per line.
func (c *zkCommand) readConfig(k *kong.Context) error {
	if c.Config == "" {
		return nil
	}
	text, err := os.ReadFile(c.Config)
	if err != nil {
		return &unavailable{err}
	}
	z := readZooConfig(c.Config, string(text))
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

// readZooConfig reads every line, and then combines the keys that belong together.
func readZooConfig(file, text string) *zooConfig {
	z := &zooConfig{file: file}
	for _, e := range zoocfg.Parse(text) {
		z.at = fmt.Sprintf("%s:%d: %s: ", z.file, e.Line, e.Key)
		if err := z.read(e); err != nil {
			z.mistakes = append(z.mistakes, fmt.Errorf("%s:%d: %w", z.file, e.Line, err))
		}
	}
	z.at = z.file + ": "
	z.addresses()
	z.enforcement()
	z.directories()
	z.stores()
	return z
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
	key, prefixed := strings.CutPrefix(e.Key, "zookeeper.") // as system properties are named
	if prefixed {
		z.warn("Apache's server knows it in zoo.cfg only without the prefix zookeeper.")
	}
	fixed, isFixed := fixedKeys[key]
	if strings.HasPrefix(key, "authProvider.") {
		fixed, isFixed = provider, true
	}
	var err error
	why, isIgnored := ignored(key)
	row, known := zooKeys[key]
	switch {
	case known:
		err = row(z, e.Value)
	case serverKey.MatchString(key):
		z.servers++
		z.warn("there is no replication: this process is the only server")
	case isFixed:
		err = fixed.check(e.Value)
	case isIgnored:
		if err = wellFormed(key, e.Value); err == nil {
			z.note(why)
		}
	default:
		return unknownKey(e.Key)
	}
	if err != nil {
		return fmt.Errorf("%s=%s: %w", e.Key, e.Value, err)
	}
	return nil
}

// serverKey is a member of an ensemble.
var serverKey = regexp.MustCompile(`^server\.\d+$`)

// note records a note about the current key.
func (z *zooConfig) note(text string) { z.notes = append(z.notes, note{text: z.at + text}) }

// warn is note for something that somebody may miss.
func (z *zooConfig) warn(format string, args ...any) {
	z.notes = append(z.notes, note{z.at + fmt.Sprintf(format, args...), true})
}

// refuse records a mistake that belongs to no single line.
func (z *zooConfig) refuse(format string, args ...any) {
	z.mistakes = append(z.mistakes, errors.New(z.at+fmt.Sprintf(format, args...)))
}

func unknownKey(key string) error {
	known := slices.Concat(sortedKeys(zooKeys), sortedKeys(fixedKeys), sortedKeys(ignoredKeys))
	slices.Sort(known)
	message := key + " is not a key of zoo.cfg"
	if near := scenario.Nearest(key, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return errors.New(message)
}

func (z *zooConfig) set(flag string, apply func(*zkCommand)) {
	z.settings = append(z.settings, setting{flag, apply})
}

// anyAddress is where ZooKeeper listens if no address is given.
const anyAddress = "0.0.0.0"

// addresses turns hosts and ports into flags.
func (z *zooConfig) addresses() {
	switch {
	case z.port != "":
		addr := net.JoinHostPort(or(z.host, anyAddress), z.port)
		z.set("listen", func(c *zkCommand) { c.Listen = addr })
	case z.host != "":
		z.refuse("clientPortAddress is set but clientPort is not set")
	}
	if z.servers > 1 {
		z.refuse("%d lines of server.N make an ensemble, but there is no replication: leave at most one", z.servers)
	}
	if (z.adminOn || z.adminPort != "" || z.adminHost != "") && !z.adminOff {
		addr := net.JoinHostPort(or(z.adminHost, anyAddress), or(z.adminPort, "8080"))
		z.set("admin", func(c *zkCommand) { c.Admin = addr })
	}
	z.metrics()
}

// metricsProviders are the classes of Apache's server, and whether they are supported.
var metricsProviders = map[string]bool{
	"org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider": true,
	"org.apache.zookeeper.metrics.impl.DefaultMetricsProvider":          false,
	"org.apache.zookeeper.metrics.impl.NullMetricsProvider":             false,
	"": false,
}

func (z *zooConfig) metrics() {
	served, known := metricsProviders[z.metricsClass]
	switch {
	case !known:
		z.refuse("metricsProvider.className=%s: the only provider supported is PrometheusMetricsProvider", z.metricsClass)
	case served:
		addr := net.JoinHostPort(or(z.metricsHost, anyAddress), or(z.metricsPort, "7000"))
		z.set("metrics", func(c *zkCommand) { c.Metrics = addr })
	case z.metricsPort != "" || z.metricsHost != "":
		z.warn("metricsProvider.httpHost and httpPort mean nothing without PrometheusMetricsProvider as metricsProvider.className")
	}
}

// enforcement makes a flag of two keys, neither of which means anything alone.
func (z *zooConfig) enforcement() {
	switch {
	case z.authOn && len(z.authSchemes) == 0:
		z.refuse("enforce.auth.enabled needs enforce.auth.schemes")
	case z.authOn:
		z.set("enforce-auth", func(c *zkCommand) { c.EnforceAuth = z.authSchemes })
	}
}

// directories checks what the data directory is to be.
func (z *zooConfig) directories() {
	if z.logDir != "" {
		if dir, err := filepath.Abs(z.logDir); err != nil || dir != z.dataDir {
			z.refuse("dataLogDir=%s: log and snapshots are both kept in dataDir", z.logDir)
		}
	}
	if z.purgesNever {
		z.set("snap-retain-count", func(c *zkCommand) { c.SnapRetainCount = math.MaxInt })
	}
}

// stores turns the key store and the trust store into flags.
func (z *zooConfig) stores() {
	for name, s := range map[string]store{"ssl.keyStore": z.keyStore, "ssl.trustStore": z.trustStore} {
		if s.kind != "" && !strings.EqualFold(s.kind, "PEM") || s.kind == "" && s.file != "" && !strings.HasSuffix(s.file, ".pem") {
			z.refuse("%s: want a .pem file: JKS, PKCS12 and BCFKS are not read", name)
		}
	}
	if z.keyStore.file == "" {
		if z.trustStore.file != "" {
			z.refuse("ssl.trustStore.location needs ssl.keyStore.location")
		}
		return
	}
	key, trust := absolute(z.keyStore.file), absolute(z.trustStore.file)
	z.set("tls-cert", func(c *zkCommand) { c.TLSCert, c.TLSKey = key, key })
	switch strings.ToLower(z.clientAuth) {
	case "none":
	case "need", "":
		if z.clientAuth != "" && trust == "" {
			z.refuse("ssl.clientAuth=%s needs ssl.trustStore.location", z.clientAuth)
		}
		z.set("tls-ca", func(c *zkCommand) { c.TLSCA = trust })
	default:
		z.refuse("ssl.clientAuth=%s: want need or none", z.clientAuth)
	}
	if z.unified != "" && !isTrue(z.unified) {
		z.refuse("client.portUnification=%s: clientPort always accepts both TLS and plaintext", z.unified)
	}
}

// absolute is a path made absolute, "" for none.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	abs, err := filepath.Abs(path)
	if err != nil { // without a working directory the path is shown as it is
		return path
	}
	return abs
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
