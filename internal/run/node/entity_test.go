package node_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"oakmoot/internal/run/node"
)

// The answers are those of Jersey 1.19.3 with Jackson's providers, as in Druid 0.14.0.
func TestContentTypesAreAcceptedAsInJersey(t *testing.T) {
	type codes [4]int // JSONObject, JSONOrSmile, JSONUnread, Anything
	for contentType, want := range map[string]codes{
		"application/json":                  {200, 200, 200, 200},
		"application/json; charset=utf-8":   {200, 200, 200, 200},
		"APPLICATION/JSON":                  {200, 200, 200, 200},
		"text/plain":                        {415, 415, 415, 200},
		"text/plain;charset=UTF-8":          {415, 415, 415, 200},
		"application/x-www-form-urlencoded": {415, 415, 415, 200},
		"multipart/form-data; boundary=x":   {415, 415, 415, 200},
		"application/x-jackson-smile":       {415, 200, 415, 200},
		"text/json":                         {415, 415, 415, 200},
		"application/vnd.x+json":            {415, 415, 415, 200},
		"*/*":                               {415, 200, 200, 200},
		"application/*":                     {415, 200, 200, 200},
		"":                                  {415, 200, 200, 200},
		"nonsense":                          {400, 400, 400, 400},
	} {
		for i, entity := range []node.Entity{node.JSONObject, node.JSONOrSmile, node.JSONUnread, node.Anything} {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			w := httptest.NewRecorder()
			node.Takes(entity, func(http.ResponseWriter, *http.Request) {})(w, r)
			if w.Code != want[i] {
				t.Errorf("%q for entity %d: got %d, want %d", contentType, entity, w.Code, want[i])
			}
		}
	}
}
