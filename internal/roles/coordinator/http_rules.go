package coordinator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/node"
)

func rules(_ *leadership, s snapshot, w http.ResponseWriter, _ *http.Request) {
	all := make(map[string]druid.RuleList, len(s.rules.ByDataSource))
	for name, list := range s.rules.ByDataSource {
		all[name] = list
	}
	ok(w, all)
}

// rulesOf lists a datasource's own rules and, with full, the default ones after them.
func rulesOf(_ *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("ds")
	if node.Present(r, "full") {
		ok(w, druid.RuleList(s.rules.Of(name)))
		return
	}
	ok(w, druid.RuleList(s.rules.ByDataSource[name]))
}

// setRules stores new rules, which apply from the next run of the duties.
func setRules(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = gate.Check(body, gate.Rules)
	}
	var list []druid.Rule
	switch {
	case err == gate.ErrNothing: // no rules
	case err != nil:
		node.WriteUnsaid(w, l.Log, "rules", err)
		return
	default:
		err = json.NewDecoder(bytes.NewReader(body)).Decode(&list)
		if err != nil {
			node.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	if err := l.Store.SetRules(r.Context(), r.PathValue("ds"), list, author(r)); err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	l.change(r, func() { l.polls.rules(l.work) })
}

func rulesHistory(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	l.history(w, r, "rules", r.PathValue("ds"), http.StatusBadRequest)
}
