package httpmsg

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Request is what a request's head says.
type Request struct {
	Method   string
	Resource string // the path, without the query
	Minor    int    // of the version: HTTP/1.0 or HTTP/1.1
	Expects  bool   // a 100 before it sends its body
}

// ReadRequest reads a request's head; the body is NotParsed when it is none.
func ReadRequest(head []byte) (Request, Body) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		return Request{}, NotParsed
	}
	q := Request{Method: r.Method, Resource: r.URL.Path, Minor: r.ProtoMinor, Expects: strings.EqualFold(r.Header.Get("Expect"), "100-continue")}
	switch {
	case r.Method == http.MethodConnect:
		return q, NotParsed
	case slices.Contains(r.TransferEncoding, "chunked"):
		return q, Chunked
	}
	return q, Body(r.ContentLength)
}

// ReadReply reads the head of a reply to a request of some method.
func ReadReply(head []byte, method string) (status int, b Body) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: method})
	if err != nil {
		return 0, NotParsed
	}
	switch {
	case r.StatusCode == http.StatusSwitchingProtocols:
		return r.StatusCode, NotParsed
	case r.StatusCode < 200, method == http.MethodHead, r.StatusCode == http.StatusNoContent, r.StatusCode == http.StatusNotModified:
		return r.StatusCode, 0
	case slices.Contains(r.TransferEncoding, "chunked"):
		return r.StatusCode, Chunked
	case r.ContentLength < 0:
		return r.StatusCode, UntilEnd
	}
	return r.StatusCode, Body(r.ContentLength)
}

// Reply is a reply that says no more than a status, to a request of some method.
func Reply(status int, method string) []byte {
	text := fmt.Sprintf("%d %s\n", status, http.StatusText(status))
	body := text
	if method == http.MethodHead {
		body = ""
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
		status, http.StatusText(status), len(text), body)
}

// Continue is the reply that a request which Expects waits for.
const Continue = "HTTP/1.1 100 Continue\r\n\r\n"

// KeepAlive is a request's head without what closes the connection behind it.
func KeepAlive(head []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(head) {
		name, _, _ := strings.Cut(string(line), ":")
		if !strings.EqualFold(name, "Connection") {
			kept = append(kept, line...)
		}
	}
	return kept
}

// methodLimit is the longest word that is taken for a method.
const methodLimit = 20

// lineLimit is the longest first line of a head.
const lineLimit = 64 << 10

// IsRequest reports whether bytes are, or can become, the head of an HTTP/1 request.
func IsRequest(b []byte) bool {
	n := 0
	for n < len(b) && n <= methodLimit && (b[n] >= 'A' && b[n] <= 'Z' || b[n] == '-' || b[n] == '_') {
		n++
	}
	if n == len(b) {
		return n <= methodLimit
	}
	if n == 0 || n > methodLimit || b[n] != ' ' {
		return false
	}
	line, _, whole := bytes.Cut(b, []byte("\n"))
	if !whole {
		return len(line) <= lineLimit
	}
	at := bytes.LastIndexByte(line, ' ')
	return bytes.HasPrefix(line[at+1:], []byte("HTTP/1."))
}

// IsReply reports whether bytes are, or can become, the head of an HTTP/1 reply.
func IsReply(b []byte) bool {
	const version = "HTTP/1."
	n := min(len(b), len(version))
	return string(b[:n]) == version[:n]
}
