package jsonpath

import "errors"

// Path is a compiled path. It is immutable.
type Path struct {
	steps    []step
	definite bool // it leads to at most one place
}

// step is a token of a path: PathToken. last says that no other step follows.
type step interface {
	// walk continues from v; definite says that all steps so far lead to one place.
	walk(r *reading, rest []step, v any, definite bool) error
	// definite reports whether this step leads to one place.
	definite(last bool) bool
	// scanned reports whether a deep scan applies the step at v: PathTokenPredicate.
	scanned(r *reading, v any) bool
}

// errNotFound is PathNotFoundException, which ends a reading.
var errNotFound = errors.New("no results for the path")

// Read returns the value at a definite path, or nil. For other paths it returns the
// list of all values, which is never nil.
func (p *Path) Read(doc any) any {
	v, _ := p.find(doc, doc)
	return v
}

// leads reports whether the path can be followed, even if it ends at nothing.
func (p *Path) leads(root, at any) bool {
	r := &reading{root: root}
	return r.follow(p.steps, at, true) == nil
}

// find is Read from a given place of a document; found is false where Jayway throws.
func (p *Path) find(root, at any) (v any, found bool) {
	r := &reading{root: root, results: []any{}}
	err := r.follow(p.steps, at, true)
	switch {
	case p.definite && (err != nil || len(r.results) == 0):
		return nil, false
	case p.definite:
		return r.results[len(r.results)-1], true
	case err != nil:
		return []any{}, false
	}
	return r.results, true
}

// reading is one evaluation of a path: EvaluationContextImpl.
type reading struct {
	root    any
	results []any
}

func (r *reading) follow(steps []step, v any, definite bool) error {
	if len(steps) == 0 {
		r.results = append(r.results, v)
		return nil
	}
	return steps[0].walk(r, steps[1:], v, definite)
}

// each follows the steps from every value; an error ends it.
func (r *reading) each(steps []step, values []any) error {
	for _, v := range values {
		if err := r.follow(steps, v, false); err != nil {
			return err
		}
	}
	return nil
}

// notHere is the result of a step for a value it does not apply to.
func notHere(definite bool) error {
	if definite {
		return errNotFound
	}
	return nil
}
