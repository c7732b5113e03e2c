package coordinator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/run/node"
)

// stored is a datasource of the used segments, in full.
func stored(l *leadership, u usedSegments, name string) fullDataSource {
	segments := u.of(name)
	slices.SortFunc(segments, balance.ByID)
	return fullDataSource{name, map[string]string{"created": druid.At(l.Clock.Now()).String()}, segments}
}

func storedDataSources(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	names := s.used.dataSources()
	switch {
	case node.Present(r, "includeDisabled"):
		all, err := l.Store.DataSourceNames(r.Context(), true)
		if err != nil {
			node.WriteError(w, http.StatusInternalServerError, err.Error())
			return
		}
		names = all
	case node.Present(r, "full"):
		full := []fullDataSource{}
		for _, name := range names {
			full = append(full, stored(l, s.used, name))
		}
		ok(w, full)
		return
	}
	if names == nil {
		names = []string{}
	}
	ok(w, names)
}

func storedDataSource(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	if d := stored(l, s.used, r.PathValue("ds")); len(d.Segments) > 0 {
		ok(w, d)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

// storedSegments is what brokers read for their system tables.
func storedSegments(_ *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	wanted := r.URL.Query()["datasources"]
	all := []*druid.DataSegment{}
	for _, segment := range s.used {
		if len(wanted) == 0 || slices.Contains(wanted, segment.DataSource) {
			all = append(all, segment)
		}
	}
	ok(w, all)
}

func storedSegmentsOf(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	segments := stored(l, s.used, r.PathValue("ds")).Segments
	if len(segments) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	listSegments(w, r, segments)
}

// storedSegmentsIn asks the metadata store itself.
func storedSegmentsIn(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = gate.Check(body, gate.Intervals)
	}
	if err != nil {
		node.WriteRefused(w, err)
		return
	}
	var intervals []druid.Interval
	err = json.NewDecoder(bytes.NewReader(body)).Decode(&intervals)
	if err == nil && len(intervals) == 0 {
		err = errors.New("null/empty intervals")
	}
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	segments, err := l.Store.UsedIn(r.Context(), r.PathValue("ds"), intervals)
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	listSegments(w, r, pointers(segments))
}

// listSegments answers with ids, or with whole segments.
func listSegments(w http.ResponseWriter, r *http.Request, segments []*druid.DataSegment) {
	if !node.Present(r, "full") {
		ok(w, idsOf(segments))
		return
	}
	ok(w, segments)
}

func storedSegment(_ *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	for _, segment := range s.used.of(r.PathValue("ds")) {
		if segment.ID().String() == r.PathValue("id") {
			ok(w, segment)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
