package node

import (
	"errors"
	"net/http"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid/jackson"
)

// WriteRefused answers a request whose body was refused: JsonMappingExceptionProvider answers 400 for what Jackson
// could not map. Druid treats a body that is not JSON, or an empty one, as a server error; its HTML page is an error
// object here.
func WriteRefused(w http.ResponseWriter, err error) {
	var refused *jackson.Refusal
	if errors.As(err, &refused) && refused.Syntax {
		WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	WriteError(w, http.StatusBadRequest, err.Error())
}

// WriteUnsaid answers a request whose body was refused by a resource that produces nothing: Druid then answers with
// an empty body, and only its log says why.
func WriteUnsaid(w http.ResponseWriter, log hclog.Logger, what string, err error) {
	log.Warn(what+" refused", "error", err)
	w.WriteHeader(http.StatusInternalServerError)
}
