package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// fixedKey is a key that is accepted only with the value that is true of this server; any other value is refused, and
// why says what is true.
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

// fixedKeys are the keys that ask for something that this server lacks or does differently.
var fixedKeys = map[string]fixedKey{
	"secureClientPort":        {nothing, "clientPort accepts TLS: leave this out, and set client.portUnification=true"},
	"secureClientPortAddress": {nothing, "clientPort accepts TLS: leave this out, and set client.portUnification=true"},
	"dynamicConfigFile":       {nothing, "there is no ensemble: this process is the only server"},
	"reconfigEnabled":         {oneOf("false"), "a server cannot be reconfigured here"},
	"electionAlg":             {oneOf("3"), "want 3"},
	"peerType":                {oneOf("participant", "observer"), "want participant or observer"},
	"emulate353TTLNodes":      {isNotTrue, "TTL nodes of ZooKeeper 3.5.3 are not supported"},

	"DigestAuthenticationProvider.enabled":             {isTrue, "the digest scheme is always enabled"},
	"DigestAuthenticationProvider.digestAlg":           {oneOf("sha1", "sha-1", "sha"), "digests use SHA1"},
	"X509AuthenticationProvider.superUser":             {nothing, "a certificate cannot identify a super user; use DigestAuthenticationProvider.superDigest"},
	"IPAuthenticationProvider.usexforwardedfor":        {isNotTrue, "the address is always that of the connection"},
	"sessionRequireClientSASLAuth":                     {isNotTrue, "there is no SASL; enforce.auth.enabled keeps out clients without a digest or certificate"},
	"letAnySaslUserDoX":                                {oneOf(""), "there is no SASL"},
	"superUser":                                        {oneOf(""), "there is no SASL"},
	"SASLAuthenticationProvider.superPassword":         {oneOf(""), "there is no SASL"},
	"requireKerberosConfig":                            {isNotTrue, "there is no SASL"},
	"admin.forceHttps":                                 {isNotTrue, "the commands are served over plain HTTP only"},
	"admin.portUnification":                            {isNotTrue, "the commands are served over plain HTTP only"},
	"admin.needClientAuth":                             {isNotTrue, "the commands are served over plain HTTP only"},
	"admin.commandURL":                                 {oneOf("/commands"), "the commands are at /commands"},
	"admin.idleTimeout":                                {oneOf("30000"), "an idle connection is closed after 30000 ms"},
	"admin.snapshot.enabled":                           {oneOf("false"), "snapshot over HTTP is not supported"},
	"admin.restore.enabled":                            {oneOf("false"), "restore over HTTP is not supported"},
	"metricsProvider.httpsPort":                        {nothing, "metrics are served over plain HTTP only"},
	"audit.enable":                                     {isNotTrue, "there is no audit log"},
	"pathStats.enabled":                                {isNotTrue, "requests are not counted by path; --slow-request logs slow ones"},
	"messageTracker.Enabled":                           {isNotTrue, "messages are not tracked; --slow-request logs slow ones"},
	"maxCnxns":                                         {atMost(0), "connections are limited per address, with maxClientCnxns"},
	"nio.sessionlessCnxnTimeout":                       {oneOf("10000"), "a connection without a session is closed after 10000 ms"},
	"request_throttle_max_requests":                    {atMost(0), "requests are not throttled"},
	"connection_throttle_tokens":                       {atMost(0), "connections are not throttled"},
	"largeRequestThreshold":                            {atMost(0), "large requests are not throttled; jute.maxbuffer bounds them"},
	"znode.container.maxPerMinute":                     {atLeast(10000), "every check removes all empty containers"},
	"znode.container.maxNeverUsedIntervalMs":           {oneOf("0"), "a container that never had a child stays"},
	"client.certReload":                                {isNotTrue, "certificates are read once, at the start"},
	"sslQuorumReloadCertFiles":                         {isNotTrue, "certificates are read once, at the start"},
	"ssl.crl":                                          {isNotTrue, "certificates are not checked for revocation"},
	"ssl.ocsp":                                         {isNotTrue, "certificates are not checked for revocation"},
	"ssl.clientHostnameVerification":                   {isNotTrue, "a client's host name is not compared with its certificate"},
	"ssl.authProvider":                                 {oneOf("x509"), "the only provider for certificates is x509"},
	"ssl.context.supplier.class":                       {oneOf(""), "there is no JVM"},
	"ssl.ciphersuites":                                 {oneOf(""), "Go chooses the cipher suites"},
	"ssl.enabledProtocols":                             {oneOf("", "TLSv1.3,TLSv1.2", "TLSv1.2,TLSv1.3"), "TLS 1.2 and 1.3 are supported"},
	"ssl.protocol":                                     {oneOf("TLS", "TLSv1.2", "TLSv1.3"), "TLS 1.2 and 1.3 are supported"},
	"testingonly.initialZxid":                          {oneOf("", "0"), "a new server starts at 0"},
	"connection_throttle_weight_enabled":               {isNotTrue, "connections are not throttled"},
	"netty.server.outstandingHandshake.limit":          {atMost(0), "handshakes are not limited"},
	"request_stale_latency_check":                      {isNotTrue, "requests are answered, however late"},
	"netty.server.earlyDropSecureConnectionHandshakes": {isNotTrue, "handshakes are not limited"},
}

// builtinProviders are what Apache's server has by default.
var builtinProviders = []string{"DigestAuthenticationProvider", "IPAuthenticationProvider", "X509AuthenticationProvider"}

// provider is the key authProvider.N.
var provider = fixedKey{func(class string) bool {
	name, ok := strings.CutPrefix(class, "org.apache.zookeeper.server.auth.")
	return ok && slices.Contains(builtinProviders, name)
}, "the authentication providers are those for digest, ip and x509"}

func nothing(string) bool { return false }

func isNotTrue(value string) bool { return !isTrue(value) }

// oneOf ignores case, as most of these keys do.
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
