package zkembed_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.sign("ca", pkix.Name{CommonName: "authority"})
	return a
}

// sign makes a certificate and returns the names of its file and of its key's file. The
// first one is the authority's own.
func (a *authority) sign(name string, subject pkix.Name) (certFile, keyFile string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: a.cert == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = form, key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.cert == nil {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			a.t.Fatal(err)
		}
		a.key = key
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", der), a.write(name+".key", "PRIVATE KEY", keyDER)
}

func (a *authority) write(name, kind string, der []byte) string {
	file := filepath.Join(a.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

// client is the TLS settings of a client, with a certificate of its own if it has a
// subject.
func (a *authority) client(subject pkix.Name) *tls.Config {
	cfg := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"}
	cfg.RootCAs.AddCert(a.cert)
	if subject.CommonName != "" {
		pair, err := tls.LoadX509KeyPair(a.sign("client", subject))
		if err != nil {
			a.t.Fatal(err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg
}

func (a *authority) runServer(mutual bool) *zkembed.Server {
	o := zkembed.Options{Words: []string{"ruok"}}
	o.TLSCert, o.TLSKey = a.sign("server", pkix.Name{CommonName: "server"})
	if mutual {
		o.TLSCA = filepath.Join(a.dir, "ca.pem")
	}
	return zkembed.RunT(a.t, o)
}

func dialTLS(t *testing.T, srv *zkembed.Server, cfg *tls.Config) *wireClient {
	t.Helper()
	nc, err := tls.Dial("tcp", srv.Addr(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return newWireClient(t, nc)
}

func TestTLSAndPlaintextOnOnePort(t *testing.T) {
	a := newAuthority(t)
	srv := a.runServer(false)
	secure := dialTLS(t, srv, a.client(pkix.Name{}))
	if _, err := secure.open(zkwire.ConnectRequest{}); err != nil {
		t.Fatal(err)
	}
	if code, _, err := secure.do(zkwire.OpCreate, &zkwire.CreateRequest{Path: "/s", Data: make([]byte, 1<<19), ACL: zkwire.OpenACL}); code != zkwire.OK || err != nil {
		t.Errorf("create over TLS: got %v, %v", code, err)
	}
	plain, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if data, _, err := plain.Get("/s"); len(data) != 1<<19 || err != nil {
		t.Errorf("get without TLS: got %d bytes, %v", len(data), err)
	}
	if ok := zk.FLWRuok([]string{srv.Addr()}, 5*time.Second); !ok[0] {
		t.Error("ruok without TLS: got no answer")
	}
	asker, err := tls.Dial("tcp", srv.Addr(), a.client(pkix.Name{}))
	if err != nil {
		t.Fatal(err)
	}
	defer asker.Close()
	_, _ = io.WriteString(asker, "ruok") // the answer shows whether it arrived
	if text, err := io.ReadAll(asker); string(text) != "imok" || err != nil {
		t.Errorf("ruok over TLS: got %q, %v", text, err)
	}
	if code, _, err := secure.do(zkwire.OpAuth, &zkwire.AuthRequest{Scheme: "x509"}); code != zkwire.AuthFailed || err != nil {
		t.Errorf("x509 without a certificate: got %v, %v", code, err)
	}
	if _, err := secure.frame(); err != io.EOF {
		t.Errorf("after that: got %v, want an orderly end", err)
	}
}

func TestMutualTLSProvesAnIdentity(t *testing.T) {
	a := newAuthority(t)
	srv := a.runServer(true)
	if nc, err := tls.Dial("tcp", srv.Addr(), a.client(pkix.Name{})); err == nil { // with TLS 1.3 the first read fails
		_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second)) // a server that keeps it open fails the test
		if _, err := nc.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("without a certificate: got %v, want it refused", err)
		}
		nc.Close()
	}
	alice := dialTLS(t, srv, a.client(pkix.Name{CommonName: "alice", Organization: []string{"Moot, Inc"}}))
	bob := dialTLS(t, srv, a.client(pkix.Name{CommonName: "bob"}))
	for _, c := range []*wireClient{alice, bob} {
		if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	own := []zkwire.ACL{{Perms: zkwire.PermAll, ID: zkwire.ID{Scheme: "auth"}}}
	for _, step := range []struct {
		what string
		c    *wireClient
		op   zkwire.Op
		body zkwire.Record
		want zkwire.Code
	}{
		{"her own node", alice, zkwire.OpCreate, &zkwire.CreateRequest{Path: "/a", ACL: own}, zkwire.OK},
		{"read by her", alice, zkwire.OpGetData, &zkwire.ReadRequest{Path: "/a"}, zkwire.OK},
		{"read by somebody else", bob, zkwire.OpGetData, &zkwire.ReadRequest{Path: "/a"}, zkwire.NoAuth},
		{"given to somebody else", alice, zkwire.OpSetACL, &zkwire.SetACLRequest{
			Path: "/a", Version: -1, ACL: []zkwire.ACL{{Perms: zkwire.PermAll, ID: zkwire.ID{Scheme: "x509", ID: "CN=bob"}}},
		}, zkwire.OK},
		{"read by the new owner", bob, zkwire.OpGetData, &zkwire.ReadRequest{Path: "/a"}, zkwire.OK},
		{"said again", bob, zkwire.OpAuth, &zkwire.AuthRequest{Scheme: "x509"}, zkwire.OK},
	} {
		if code, _, err := step.c.do(step.op, step.body); code != step.want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", step.what, code, err, step.want)
		}
	}
	_, d, err := alice.do(zkwire.OpWhoAmI, nil)
	if err != nil {
		t.Fatal(err)
	}
	var who zkwire.WhoAmIResponse
	who.Decode(d)
	want := []zkwire.ID{{Scheme: "ip", ID: "127.0.0.1"}, {Scheme: "x509", ID: `CN=alice,O=Moot\, Inc`}}
	if diff := cmp.Diff(want, who.Clients); diff != "" {
		t.Errorf("who alice is (-want +got):\n%s", diff)
	}
}

func TestSubjectNamesAreJavas(t *testing.T) {
	a := newAuthority(t)
	email := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte("a@b")}}
	unit := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, Value: "example"}
	certFile, _ := a.sign("odd", pkix.Name{Country: []string{"DE"}, CommonName: " #a+b ", ExtraNames: []pkix.AttributeTypeAndValue{email, unit}})
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := zkembed.SubjectName(cert), `DC=example,1.2.840.113549.1.9.1=#1603614062,CN=\ #a\+b\ ,C=DE`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTLSThatCannotBeSetUpIsAnError(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("server", pkix.Name{CommonName: "server"})
	for want, o := range map[string]zkembed.Options{
		"a certificate and its key": {TLSCert: cert},
		"needs a certificate":       {TLSCA: cert},
		"no such file":              {TLSCert: cert, TLSKey: key + ".not"},
		"no certificate in it":      {TLSCert: cert, TLSKey: key, TLSCA: key},
	} {
		if err := zkembed.New(o).Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
