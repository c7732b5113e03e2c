package overlord

import (
	"net/http"
	"slices"

	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/node"
)

// supervisorResource answers for supervisors, which come with extensions: it is
// SupervisorResource of an overlord that has none loaded.
type supervisorResource struct{ master *taskMaster }

// routes are what it answers.
func (s supervisorResource) routes() map[string]http.HandlerFunc {
	const supervisor = api + "/supervisor"
	return map[string]http.HandlerFunc{
		"GET " + supervisor:                      s.none,
		"POST " + supervisor:                     node.Takes(node.JSONObject, s.unknownSpec),
		"GET " + supervisor + "/history":         s.noHistories,
		"POST " + supervisor + "/{all}":          s.toAll,
		"GET " + supervisor + "/{id}":            s.unknown,
		"GET " + supervisor + "/{id}/status":     s.unknown,
		"GET " + supervisor + "/{id}/stats":      s.unknown,
		"GET " + supervisor + "/{id}/history":    s.noHistory,
		"POST " + supervisor + "/{id}/shutdown":  s.unknown,
		"POST " + supervisor + "/{id}/suspend":   s.unknown,
		"POST " + supervisor + "/{id}/resume":    s.unknown,
		"POST " + supervisor + "/{id}/reset":     s.unknown,
		"POST " + supervisor + "/{id}/terminate": s.unknown,
	}
}

func (s supervisorResource) none(w http.ResponseWriter, r *http.Request) {
	if s.master.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, []string{})
	}
}

func (s supervisorResource) noHistories(w http.ResponseWriter, r *http.Request) {
	if s.master.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, struct{}{})
	}
}

// unknownSpec answers POST /supervisor: no known type of specification does anything.
func (s supervisorResource) unknownSpec(w http.ResponseWriter, r *http.Request) {
	if _, err := readAs(w, r, gate.SupervisorSpec); err != nil {
		node.WriteRefused(w, err)
		return
	}
	node.WriteError(w, http.StatusInternalServerError, "No dataSources found to perform authorization checks")
}

// toAll answers for what is done to all of them.
func (s supervisorResource) toAll(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains([]string{"suspendAll", "resumeAll", "terminateAll"}, r.PathValue("all")) {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if s.master.leading(w, r, func(*term) {}) {
		node.WriteJSON(w, http.StatusOK, map[string]string{"status": "success"})
	}
}

// unknown is SupervisorResourceFilter.
func (s supervisorResource) unknown(w http.ResponseWriter, r *http.Request) {
	if s.master.leading(w, r, func(*term) {}) {
		plain(w, http.StatusBadRequest, "Cannot find any supervisor with id: ["+r.PathValue("id")+"]")
	}
}

func (s supervisorResource) noHistory(w http.ResponseWriter, r *http.Request) {
	if s.master.leading(w, r, func(*term) {}) {
		node.WriteError(w, http.StatusNotFound, "No history for ["+r.PathValue("id")+"].")
	}
}
