package overlord

import (
	"io"
	"net/http"
	"slices"

	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/node"
)

// Supervisors come with extensions, of which there are none here: SupervisorResource
// of an overlord that has none loaded.

func (o *overlord) noSupervisors(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, []string{})
	}
}

func (o *overlord) noSupervisorHistory(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, struct{}{})
	}
}

// unknownSpec answers POST /supervisor: no type of specification is known that does
// anything.
func (o *overlord) unknownSpec(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = gate.Check(body, gate.SupervisorSpec)
	}
	if err != nil {
		node.WriteRefused(w, err)
		return
	}
	node.WriteError(w, http.StatusInternalServerError, "No dataSources found to perform authorization checks")
}

// allSupervisors answers what is done to all of them.
func (o *overlord) allSupervisors(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains([]string{"suspendAll", "resumeAll", "terminateAll"}, r.PathValue("all")) {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if o.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, map[string]string{"status": "success"})
	}
}

// unknownSupervisor is SupervisorResourceFilter.
func (o *overlord) unknownSupervisor(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		plain(w, http.StatusBadRequest, "Cannot find any supervisor with id: ["+r.PathValue("id")+"]")
	}
}

func (o *overlord) noHistory(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteError(w, http.StatusNotFound, "No history for ["+r.PathValue("id")+"].")
	}
}
