package cli

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/zoo_keys.txt; commit that only when you can explain it")

// keysOfApache are the keys that the sources of ZooKeeper 3.9.5 name.
func keysOfApache(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/zookeeper-3.9.5-keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// outcome is what becomes of a file's text, on one line.
func outcome(text string) string {
	z := readZooConfig("zoo.cfg", text)
	var parts []string
	for _, m := range z.mistakes {
		parts = append(parts, "refused: "+m.Error())
	}
	if len(z.mistakes) == 0 {
		c := zkCommand{Tick: 2e9}
		for _, s := range z.settings {
			s.apply(&c)
			parts = append(parts, "--"+s.flag)
		}
		if err := c.sessionBounds(); err != nil {
			parts = append(parts, "refused: "+err.Error())
		}
		if said := said(&c); said != "" {
			parts = append(parts, said)
		}
	}
	for _, n := range z.notes {
		level := "noted: "
		if n.warn {
			level = "warned: "
		}
		parts = append(parts, level+n.text)
	}
	return strings.Join(parts, "; ")
}

// said are the fields about which a key says more than that they are set.
func said(c *zkCommand) string {
	var parts []string
	for _, field := range []struct {
		name  string
		value any
		set   bool
	}{
		{"fsync", c.Fsync, c.Fsync != ""}, {"extended types", c.ExtendedTypes, c.ExtendedTypes}, {"skip ACL", c.SkipACL, c.SkipACL},
		{"enforce quota", c.EnforceQuota, c.EnforceQuota}, {"connections", c.MaxCnxns, c.MaxCnxns != 0},
		{"retained", c.SnapRetainCount, c.SnapRetainCount != 0}, {"must exist", c.dataMustExist, c.dataMustExist},
	} {
		if field.set {
			parts = append(parts, fmt.Sprintf("%s %v", field.name, field.value))
		}
	}
	return strings.Join(parts, ", ")
}

// The effect of each key with each of a few values, which must not change by accident: honoured (with the flag that
// it sets), refused, or noted with the reason why it has no effect.
func TestEachKeyOfZooKeeperIsHonouredRefusedOrNoted(t *testing.T) {
	values := []string{"", "true", "TRUE", "false", "yes", "no", "-2", "-1", "0", "1", "3", "100000", "99999999999", "x"}
	var got strings.Builder
	for _, key := range keysOfApache(t) {
		fmt.Fprintln(&got, key)
		var outcomes []string
		with := map[string][]string{}
		for _, value := range values {
			line := key + "=" + value
			o := outcome(line)
			if strings.Contains(o, "is no key") {
				t.Errorf("%s: got %q, want it known", line, o)
			}
			for _, noise := range []string{line + ": ", "zoo.cfg:1: ", "zoo.cfg: ", key + ": "} {
				o = strings.ReplaceAll(o, noise, "")
			}
			if with[o] == nil {
				outcomes = append(outcomes, o)
			}
			with[o] = append(with[o], fmt.Sprintf("%q", value))
		}
		for _, o := range outcomes {
			if len(with[o]) == len(values) {
				with[o] = []string{"any"}
			}
			fmt.Fprintf(&got, "\t%s: %s\n", strings.Join(with[o], " "), or(o, "it is so"))
		}
	}
	const file = "testdata/zoo_keys.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// No key is in two tables, and every row is a key that exists.
func TestKeysAreApachesOwn(t *testing.T) {
	apache := keysOfApache(t)
	seen := map[string]bool{}
	for _, key := range slices.Concat(sortedKeys(zooKeys), sortedKeys(fixedKeys), sortedKeys(ignoredKeys)) {
		if seen[key] {
			t.Errorf("%s is in two tables", key)
		}
		seen[key] = true
		if !slices.Contains(apache, key) {
			t.Errorf("%s is not in the sources of ZooKeeper 3.9.5", key)
		}
	}
}

func TestKeysThatBelongTogether(t *testing.T) {
	const (
		refused    = "refused: zoo.cfg: "
		auth       = "=org.apache.zookeeper.server.auth."
		prometheus = "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"
		key        = "ssl.keyStore.location=/k.pem\n"
		trust      = "ssl.trustStore.location=/t.pem\n"
	)
	for text, want := range map[string]string{
		"clientPortAddress=127.0.0.1":                                    refused + "clientPortAddress is set but clientPort is not set",
		"clientPortAddress=127.0.0.1\nclientPort=1":                      "--listen",
		"minSessionTimeout=50000":                                        "must not be larger",
		"maxSessionTimeout=1000":                                         "must not be larger",
		"maxSessionTimeout=0":                                            "must not be larger",
		"minSessionTimeout=0\nmaxSessionTimeout=1":                       "--min-session-timeout; --max-session-timeout",
		"tickTime=100\nmaxSessionTimeout=200":                            "--tick; --max-session-timeout",
		"server.1=a:1:2":                                                 "warned: zoo.cfg:1: server.1: there is no replication: this process is the only server",
		"server.1=a:1:2\nserver.2=b:1:2":                                 refused + "2 lines of server.N",
		"dataDir=/x\ndataLogDir=/x":                                      "--data",
		"dataDir=/x\ndataLogDir=/x/../x":                                 "--data",
		"dataDir=/x\ndataLogDir=/y":                                      refused + "dataLogDir=/y",
		"autopurge.snapRetainCount=5\nautopurge.purgeInterval=0":         "retained 9223372036854775807",
		"autopurge.snapRetainCount=5\nautopurge.purgeInterval=1":         "retained 5",
		"metricsProvider.httpPort=7000":                                  "mean nothing without PrometheusMetricsProvider",
		prometheus:                                                       "--metrics",
		"ssl.keyStore.location=/k.jks":                                   refused + "ssl.keyStore: want a .pem file",
		key + "ssl.keyStore.type=PKCS12":                                 refused + "ssl.keyStore: want a .pem file",
		"ssl.keyStore.location=/k\nssl.keyStore.type=PEM":                "--tls-cert",
		key + trust + "ssl.clientAuth=need\nclient.portUnification=true": "--tls-cert; --tls-ca",
		key + trust + "ssl.clientAuth=want":                              refused + "ssl.clientAuth=want",
		key + "ssl.clientAuth=need":                                      refused + "ssl.clientAuth=need needs",
		key + "client.portUnification=false":                             refused + "client.portUnification=false",
		trust:                                                            refused + "ssl.trustStore.location needs",
		"zookeeper.extendedTypesEnabled=true":                            "knows it in zoo.cfg only without the prefix zookeeper.",
		"authProvider.1" + auth + "SASLAuthenticationProvider":           "refused: zoo.cfg:1: authProvider.1=",
		"authProvider.x" + auth + "X509AuthenticationProvider":           "",
		"enableEagerAclCheck=true":                                       `did you mean "enableEagerACLCheck"?`,
		"skipACL=true":                                                   `Apache's server reads "true" as false`,
		"forceSync=false":                                                `Apache's server reads "false" as true`,
	} {
		if got := outcome(text); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := outcome(key + trust + "ssl.clientAuth=none"); strings.Contains(got, "--tls-ca") {
		t.Errorf("without the clients' certificates: got %q", got)
	}
}
