package node

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// Entity is how a resource of Druid takes a request's body, which decides what Content-Type is accepted: JAX-RS's
// @Consumes, and who reads the parameter.
type Entity int

// Entities. A request without a Content-Type satisfies every @Consumes, but no reader of objects.
const (
	Anything    Entity = iota // neither @Consumes nor a body
	FreeObject                // a body that Jackson reads
	JSONObject                // @Consumes(APPLICATION_JSON), a body that Jackson reads
	JSONUnread                // @Consumes(APPLICATION_JSON), no body
	JSONOrSmile               // @Consumes of JSON and Smile, a body that is read as a stream
)

// smileTypes are SmileMediaTypes.APPLICATION_JACKSON_SMILE and the other type that queries may have.
var smileTypes = []string{"application/x-jackson-smile", "application/smile"}

// Takes refuses, as Jersey does, a Content-Type that the resource does not consume. So no page can send a body as
// text or as a form, which browsers let every site do.
func Takes(e Entity, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Get("Content-Type")
		mediaType, valid := mediaTypeOf(header)
		switch {
		case !valid:
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "Bad Content-Type header value: '"+header+"'") // the caller has gone away
		case !e.takes(mediaType):
			w.WriteHeader(http.StatusUnsupportedMediaType)
		default:
			next(w, r)
		}
	}
}

// mediaTypeOf is a header's type without parameters, in lower case, or "" if there is no header.
func mediaTypeOf(header string) (mediaType string, valid bool) {
	mediaType, _, _ = strings.Cut(header, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	kind, sub, found := strings.Cut(mediaType, "/")
	return mediaType, header == "" || found && kind != "" && sub != "" && !strings.Contains(sub, "/")
}

func (e Entity) takes(mediaType string) bool {
	isJSON := mediaType == "application/json"
	loose := mediaType == "" || mediaType == "*/*" || mediaType == "application/*"
	switch e {
	case FreeObject:
		_, sub, _ := strings.Cut(mediaType, "/")
		return sub == "json" || strings.HasSuffix(sub, "+json") // JacksonJsonProvider
	case JSONObject:
		return isJSON
	case JSONUnread:
		return isJSON || loose
	case JSONOrSmile:
		return isJSON || loose || slices.Contains(smileTypes, mediaType)
	}
	return true
}
