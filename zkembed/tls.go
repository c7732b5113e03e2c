package zkembed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// tlsConfig reads the certificates that the options name; nil without any.
func (o *Options) tlsConfig() (*tls.Config, error) {
	switch {
	case o.TLSCert == "" && o.TLSKey == "" && o.TLSCA == "":
		return nil, nil
	case o.TLSCert == "" || o.TLSKey == "":
		return nil, errors.New("zookeeper: TLS needs a certificate and its key")
	}
	pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("zookeeper: TLS certificate %s: %w", o.TLSCert, err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if o.TLSCA == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(o.TLSCA)
	if err != nil {
		return nil, fmt.Errorf("zookeeper: TLS authorities: %w", err)
	}
	cfg.ClientCAs = x509.NewCertPool()
	if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("zookeeper: TLS authorities %s: no certificate in it", o.TLSCA)
	}
	cfg.ClientAuth = tls.RequireAndVerifyClientCert
	return cfg, nil
}

// recordHandshake is the first byte of TLS. A connect request begins with the high
// byte of a length, which is 0, and a four-letter word with a letter.
const recordHandshake = 22

// greet finds out whether the client speaks TLS, if the server does, and shakes hands:
// client.portUnification.
func (c *conn) greet(cfg *tls.Config) error {
	if cfg == nil {
		return nil
	}
	var first [1]byte
	if _, err := c.net.Read(first[:]); err != nil {
		return err
	}
	heard := &overheard{Conn: c.net, first: first[:]}
	if first[0] != recordHandshake {
		c.speak(heard)
		return nil
	}
	secure := tls.Server(heard, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), sessionlessLimit)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake with %s: %w", c.net.RemoteAddr(), err)
	}
	if shown := secure.ConnectionState().PeerCertificates; len(shown) > 0 {
		c.addID(zkwire.ID{Scheme: schemeX509, ID: subjectName(shown[0])})
	}
	c.speak(secure)
	return nil
}

// speak sets what is read from and written to.
func (c *conn) speak(stream net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = stream
}

// bye tells a TLS client that the connection ends on purpose.
func (c *conn) bye() {
	c.mu.Lock()
	stream := c.stream
	c.mu.Unlock()
	if secure, ok := stream.(*tls.Conn); ok {
		_ = secure.CloseWrite() // the client may be gone already
	}
}

// overheard is a connection whose first bytes have already been read.
type overheard struct {
	net.Conn
	first []byte
}

func (o *overheard) Read(p []byte) (int, error) {
	if len(o.first) > 0 {
		n := copy(p, o.first)
		o.first = o.first[n:]
		return n, nil
	}
	return o.Conn.Read(p)
}

// CloseWrite closes the outgoing direction, if the connection can.
func (o *overheard) CloseWrite() error {
	if half, ok := o.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// schemeX509 is the scheme of identities that a certificate proves.
const schemeX509 = "x509"

// attribute is a part of a name, with its value as encoded. encoding/asn1 recognizes a set
// by the name of its type.
type (
	attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	attributeSET []attribute
)

// subjectName is a certificate's subject as X500Principal.getName has it: RFC 2253,
// the last part first, uncommon attributes by their numbers.
func subjectName(cert *x509.Certificate) string {
	var parts []attributeSET
	if rest, err := asn1.Unmarshal(cert.RawSubject, &parts); err != nil || len(rest) > 0 {
		return cert.Subject.String()
	}
	names := make([]string, 0, len(parts))
	for _, set := range slices.Backward(parts) {
		attributes := make([]string, len(set))
		for i, a := range set {
			attributes[i] = a.text()
		}
		names = append(names, strings.Join(attributes, "+"))
	}
	return strings.Join(names, ",")
}

// attributeNames are the attributes that RFC 2253 knows by name.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
}

func (a *attribute) text() string {
	name, known := attributeNames[a.Type.String()]
	var value string
	if _, err := asn1.Unmarshal(a.Value.FullBytes, &value); !known || err != nil {
		return a.Type.String() + "=#" + hex.EncodeToString(a.Value.FullBytes)
	}
	return name + "=" + escapeName(value)
}

// escapeName escapes a value by RFC 2253.
func escapeName(text string) string {
	var b strings.Builder
	for i, r := range text {
		edge := r == ' ' && (i == 0 || i == len(text)-1) || r == '#' && i == 0
		if edge || strings.ContainsRune(`,+"\<>;`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
