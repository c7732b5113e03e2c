package coordinator

import (
	"net/http"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

// useDataSource puts the newest segments of a datasource into use. The coordinator
// sees them at its next poll.
func useDataSource(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	n, err := l.Store.MarkDataSourceUsed(r.Context(), r.PathValue("ds"))
	if err != nil {
		l.Log.Warn("datasource not put into use", "error", err)
	}
	changed(w, n > 0)
}

func useSegment(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	id, err := druid.ParseSegmentID(r.PathValue("ds"), r.PathValue("id"))
	if err != nil { // of no segment, so there is nothing to change: 200 as in Druid
		l.Log.Warn("segment not put into use", "error", err)
		return
	}
	_, err = l.Store.MarkUsed(r.Context(), id)
	if err != nil {
		l.Log.Warn("segment not put into use", "error", err)
	}
	changed(w, err == nil)
}

// changed answers 200, or 204 when nothing was changed.
func changed(w http.ResponseWriter, any bool) {
	if !any {
		w.WriteHeader(http.StatusNoContent)
	}
}

// retireDataSource takes all segments of a datasource out of use, for the
// coordinator too and at once. With kill=true it is the older form of killInterval.
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
		l.Log.Warn("datasource not taken out of use", "error", err)
	}
	if n > 0 {
		l.change(r, func() { l.polls.forget(func(s druid.DataSegment) bool { return s.DataSource == name }) })
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
		l.Log.Warn("segment not taken out of use", "error", err)
	}
	if n > 0 {
		l.change(r, func() { l.polls.forget(func(s druid.DataSegment) bool { return s.ID() == id }) })
	}
	changed(w, n > 0)
}

// exception is what DataSourcesResource says of one.
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
