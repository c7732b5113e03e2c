package coordinator

import (
	"net/http"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// useDataSource marks the newest segments of a datasource used. The coordinator sees them at its next poll.
func useDataSource(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	n, err := l.Store.MarkDataSourceUsed(r.Context(), r.PathValue("ds"))
	if err != nil {
		l.Log.Warn("datasource not marked used", "error", err)
	}
	changed(w, n > 0)
}

func useSegment(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	id, err := druid.ParseSegmentID(r.PathValue("ds"), r.PathValue("id"))
	if err != nil { // not a segment's id, so nothing changes: 200 as in Druid
		l.Log.Warn("segment not marked used", "error", err)
		return
	}
	_, err = l.Store.MarkUsed(r.Context(), id)
	if err != nil {
		l.Log.Warn("segment not marked used", "error", err)
	}
	changed(w, err == nil)
}

// changed answers 200, or 204 if nothing changed.
func changed(w http.ResponseWriter, any bool) {
	if !any {
		w.WriteHeader(http.StatusNoContent)
	}
}

// retireDataSource marks all segments of a datasource unused, and the coordinator knows at once. With kill=true it is
// the older form of killInterval.
func retireDataSource(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("ds")
	if r.URL.Query().Get("kill") == "true" {
		interval, err := druid.ParseInterval(strings.Replace(r.URL.Query().Get("interval"), "_", "/", 1))
		if err != nil {
			node.WriteJSON(w, http.StatusBadRequest, exception{"Exception occurred. Probably the interval is invalid", "java.lang.IllegalArgumentException: " + err.Error()})
			return
		}
		l.killIn(w, r, interval)
		return
	}
	n, err := l.Store.MarkDataSourceUnused(r.Context(), name)
	if err != nil {
		l.Log.Warn("datasource not marked unused", "error", err)
	}
	if n > 0 {
		l.change(r, func() { l.polls.forget(func(s *druid.DataSegment) bool { return s.DataSource == name }) })
	}
	changed(w, n > 0)
}

func retireSegment(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	id, err := druid.ParseSegmentID(r.PathValue("ds"), r.PathValue("id"))
	n := 0
	if err == nil {
		n, err = l.Store.MarkUnused(r.Context(), id)
	}
	if err != nil {
		l.Log.Warn("segment not marked unused", "error", err)
	}
	if n > 0 {
		l.change(r, func() { l.polls.forget(func(s *druid.DataSegment) bool { return s.ID() == id }) })
	}
	changed(w, n > 0)
}

// exception is how DataSourcesResource reports an exception.
type exception struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

func killInterval(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	interval, err := druid.ParseInterval(strings.Replace(r.PathValue("interval"), "_", "/", 1))
	if err != nil {
		node.WriteUnsaid(w, l.Log, "kill", err)
		return
	}
	l.killIn(w, r, interval)
}

func (l *leadership) killIn(w http.ResponseWriter, r *http.Request, interval druid.Interval) {
	if err := l.overlord.submitKill(r.Context(), r.PathValue("ds"), interval); err != nil {
		node.WriteJSON(w, http.StatusInternalServerError, exception{"Exception occurred. Are you sure you have an indexing service?", err.Error()})
	}
}
