package overlord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"oakmoot/internal/node"
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

// unknownSpec answers POST /supervisor: no type of specification is known.
func (o *overlord) unknownSpec(w http.ResponseWriter, r *http.Request) {
	var spec struct{ Type string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(&spec); err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	node.WriteError(w, http.StatusBadRequest, fmt.Sprintf("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.indexing.overlord.supervisor.SupervisorSpec]", spec.Type))
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

func (o *overlord) unknownSupervisor(w http.ResponseWriter, r *http.Request) {
	if o.leading(w, r, func(*term) {}) {
		node.WriteError(w, http.StatusNotFound, "["+r.PathValue("id")+"] does not exist")
	}
}
