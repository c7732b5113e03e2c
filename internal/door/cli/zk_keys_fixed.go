package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// fixedKey is a key that is taken only with a value that says what is so here; with
// another one it is refused, and why tells what is so.
type fixedKey struct {
	fits func(string) bool
	why  string
}

func (k fixedKey) check(value string) error {
	if !k.fits(value) {
		return errors.New(k.why)
	}
	return nil
}

// fixedKeys are the keys that ask for something that there is not, or that is otherwise.
var fixedKeys = map[string]fixedKey{
	"secureClientPort":        {nothing, "TLS is spoken at clientPort: leave it out, and say client.portUnification=true"},
	"secureClientPortAddress": {nothing, "TLS is spoken at clientPort: leave it out, and say client.portUnification=true"},
	"dynamicConfigFile":       {nothing, "the servers of an ensemble are not read: this process is the only server"},
	"reconfigEnabled":         {oneOf("false"), "a server cannot be reconfigured here"},
	"electionAlg":             {oneOf("3"), "want 3"},
	"peerType":                {oneOf("participant", "observer"), "want participant or observer"},
	"emulate353TTLNodes":      {isNotTrue, "nodes of ZooKeeper 3.5.3 are not read"},

	"DigestAuthenticationProvider.enabled":             {isTrue, "the scheme digest is always there"},
	"DigestAuthenticationProvider.digestAlg":           {oneOf("sha1", "sha-1", "sha"), "digests are made by SHA1"},
	"X509AuthenticationProvider.superUser":             {nothing, "no certificate makes a super user; DigestAuthenticationProvider.superDigest does"},
	"IPAuthenticationProvider.usexforwardedfor":        {isNotTrue, "an address is that of the connection"},
	"sessionRequireClientSASLAuth":                     {isNotTrue, "there is no SASL, so nobody is kept out by it; enforce.auth.enabled keeps out who shows no digest or certificate"},
	"letAnySaslUserDoX":                                {oneOf(""), "there is no SASL"},
	"superUser":                                        {oneOf(""), "there is no SASL"},
	"SASLAuthenticationProvider.superPassword":         {oneOf(""), "there is no SASL"},
	"requireKerberosConfig":                            {isNotTrue, "there is no SASL"},
	"admin.forceHttps":                                 {isNotTrue, "the commands are served over HTTP alone"},
	"admin.portUnification":                            {isNotTrue, "the commands are served over HTTP alone"},
	"admin.needClientAuth":                             {isNotTrue, "the commands are served over HTTP alone"},
	"admin.commandURL":                                 {oneOf("/commands"), "the commands are at /commands"},
	"admin.idleTimeout":                                {oneOf("30000"), "an idle connection has 30000 ms"},
	"admin.snapshot.enabled":                           {oneOf("false"), "snapshot over HTTP is not carried out"},
	"admin.restore.enabled":                            {oneOf("false"), "restore over HTTP is not carried out"},
	"metricsProvider.httpsPort":                        {nothing, "metrics are served over HTTP alone"},
	"audit.enable":                                     {isNotTrue, "there is no audit log"},
	"pathStats.enabled":                                {isNotTrue, "requests are not counted by their paths; --slow-request tells of slow ones"},
	"messageTracker.Enabled":                           {isNotTrue, "messages are not kept; --slow-request tells of slow ones"},
	"maxCnxns":                                         {atMost(0), "connections are limited by address, with maxClientCnxns"},
	"nio.sessionlessCnxnTimeout":                       {oneOf("10000"), "a connection without a session has 10000 ms"},
	"request_throttle_max_requests":                    {atMost(0), "requests are not throttled"},
	"connection_throttle_tokens":                       {atMost(0), "connections are not throttled"},
	"largeRequestThreshold":                            {atMost(0), "large requests are not throttled; jute.maxbuffer bounds them"},
	"znode.container.maxPerMinute":                     {atLeast(10000), "empty containers are removed whenever they are looked for"},
	"znode.container.maxNeverUsedIntervalMs":           {oneOf("0"), "a container without a first child stays"},
	"client.certReload":                                {isNotTrue, "certificates are read once, at the start"},
	"sslQuorumReloadCertFiles":                         {isNotTrue, "certificates are read once, at the start"},
	"ssl.crl":                                          {isNotTrue, "certificates are not looked for among those that were revoked"},
	"ssl.ocsp":                                         {isNotTrue, "certificates are not looked for among those that were revoked"},
	"ssl.clientHostnameVerification":                   {isNotTrue, "a client's host name is not compared with its certificate"},
	"ssl.authProvider":                                 {oneOf("x509"), "the one provider for certificates is x509"},
	"ssl.context.supplier.class":                       {oneOf(""), "there is no JVM"},
	"ssl.ciphersuites":                                 {oneOf(""), "the cipher suites are Go's"},
	"ssl.enabledProtocols":                             {oneOf("", "TLSv1.3,TLSv1.2", "TLSv1.2,TLSv1.3"), "TLS 1.2 and 1.3 are spoken"},
	"ssl.protocol":                                     {oneOf("TLS", "TLSv1.2", "TLSv1.3"), "TLS 1.2 and 1.3 are spoken"},
	"testingonly.initialZxid":                          {oneOf("", "0"), "a new server begins at 0"},
	"connection_throttle_weight_enabled":               {isNotTrue, "connections are not throttled"},
	"netty.server.outstandingHandshake.limit":          {atMost(0), "handshakes are not limited"},
	"request_stale_latency_check":                      {isNotTrue, "requests are answered however late"},
	"netty.server.earlyDropSecureConnectionHandshakes": {isNotTrue, "handshakes are not limited"},
}

// builtinProviders are what Apache's server has without being told.
var builtinProviders = []string{"DigestAuthenticationProvider", "IPAuthenticationProvider", "X509AuthenticationProvider"}

// provider is the key authProvider.N.
var provider = fixedKey{func(class string) bool {
	name, ok := strings.CutPrefix(class, "org.apache.zookeeper.server.auth.")
	return ok && slices.Contains(builtinProviders, name)
}, "providers of authentication are those for digest, ip and x509"}

func nothing(string) bool { return false }

func isNotTrue(value string) bool { return !isTrue(value) }

// oneOf is blind to case, as most of these keys are.
func oneOf(values ...string) func(string) bool {
	return func(value string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) })
	}
}

func atMost(most int64) func(string) bool {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n <= most
	}
}

func atLeast(least int64) func(string) bool {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n >= least
	}
}
