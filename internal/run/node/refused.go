package node

import (
	"errors"
	"net/http"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid/jackson"
)

// WriteRefused answers for a body that was refused: JsonMappingExceptionProvider
// answers what Jackson could not map with 400. What is no JSON at all, or nothing, is
// an error of the server to Druid, whose page of HTML is an error object here.
func WriteRefused(w http.ResponseWriter, err error) {
	var refused *jackson.Refusal
	if errors.As(err, &refused) && refused.Syntax {
		WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	WriteError(w, http.StatusBadRequest, err.Error())
}

// WriteUnsaid answers for a body that was refused by a resource that produces
// nothing: Druid finds no words then, and only its log says why.
func WriteUnsaid(w http.ResponseWriter, log hclog.Logger, what string, err error) {
	log.Warn(what+" refused", "error", err)
	w.WriteHeader(http.StatusInternalServerError)
}
