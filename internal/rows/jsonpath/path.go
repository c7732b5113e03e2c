package jsonpath

import "errors"

// Path is a compiled path. It is not changed by its use.
type Path struct {
	steps    []step
	definite bool // it leads to one place at the most
}

// step is a token of a path: PathToken. last is whether none follows.
type step interface {
	// walk goes on from v; definite is whether all steps before lead to one place.
	walk(r *reading, rest []step, v any, definite bool) error
	// definite is whether this step leads to one place.
	definite(last bool) bool
	// scanned is whether a deep scan applies the step at v: PathTokenPredicate.
	scanned(r *reading, v any) bool
}

// errNotFound is PathNotFoundException, which ends a reading.
var errNotFound = errors.New("no results for the path")

// Read gives the value at a definite path, or nil. For other paths it is the list of
// all values, which is never nil.
func (p *Path) Read(doc any) any {
	v, _ := p.find(doc, doc)
	return v
}

// leads tells whether the path can be followed, be it to nothing.
func (p *Path) leads(root, at any) bool {
	r := &reading{root: root}
	return r.follow(p.steps, at, true) == nil
}

// find is Read from some place of a document; found is false where Jayway throws.
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

// notHere is what a step makes of a value that it does not apply to.
func notHere(definite bool) error {
	if definite {
		return errNotFound
	}
	return nil
}
