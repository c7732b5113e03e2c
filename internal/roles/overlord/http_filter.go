package overlord

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
)

// known is TaskResourceFilter, which answers in the resource's place when the task is
// unknown. It takes a plus in an id for a blank.
func (tr taskResource) known(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		_, err := tr.cfg.Store.Task(r.Context(), id)
		switch {
		case errors.Is(err, metadata.ErrNotFound):
			unknownTask(w, id)
		case err != nil:
			node.WriteError(w, http.StatusInternalServerError, err.Error())
		default:
			next(w, r)
		}
	}
}

func unknownTask(w http.ResponseWriter, id string) {
	if decoded, err := url.QueryUnescape(id); err == nil {
		id = decoded
	}
	plain(w, http.StatusBadRequest, fmt.Sprintf("Cannot find any task with id: [%s]", id))
}

// dotted answers for the ids . and .., which a mux cannot route and no task here has.
func dotted(next http.Handler) http.Handler {
	resources := []string{"", "status", "segments", "log", "reports", "shutdown"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, isTask := strings.CutPrefix(r.URL.Path, api+"/task/")
		id, resource, _ := strings.Cut(rest, "/")
		if isTask && (id == "." || id == "..") && slices.Contains(resources, resource) {
			unknownTask(w, id)
			return
		}
		next.ServeHTTP(w, r)
	})
}
