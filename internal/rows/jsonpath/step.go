package jsonpath

// property is one name or several: PropertyPathToken. A missing name is null, which
// Druid's provider cannot tell from one that is present and null; and null has every
// name.
type property []string

func (p property) definite(last bool) bool { return len(p) == 1 || last }

func (p property) scanned(_ *reading, v any) bool {
	o, ok := v.(Object)
	for _, name := range p {
		if ok {
			_, ok = o.Get(name)
		}
	}
	return ok
}

func (p property) walk(r *reading, rest []step, v any, definite bool) error {
	o, ok := v.(Object)
	switch {
	case v == nil:
		o = nothing
	case !ok:
		return notHere(definite)
	}
	if len(p) > 1 && len(rest) == 0 { // they become one object
		return r.follow(rest, merge(o, p), definite)
	}
	for _, name := range p {
		v, _ := o.Get(name)
		if err := r.follow(rest, v, definite && len(p) == 1); err != nil {
			return err
		}
	}
	return nil
}

// index is one place in a list or several: ArrayPathToken with indexes. Negative ones
// count from the end, and those out of range are not errors.
type index []int

func (x index) definite(bool) bool { return len(x) == 1 }

func (x index) scanned(_ *reading, v any) bool { return isList(v) }

func (x index) walk(r *reading, rest []step, v any, definite bool) error {
	list, ok := v.([]any)
	if !ok {
		return notHere(definite)
	}
	for _, at := range x {
		if at < 0 {
			at += len(list)
		}
		if at < 0 || at >= len(list) {
			continue
		}
		if err := r.follow(rest, list[at], definite && len(x) == 1); err != nil {
			return err
		}
	}
	return nil
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// slice is a part of a list: ArrayPathToken with an ArraySliceOperation.
type slice struct{ from, to *int }

func (slice) definite(bool) bool { return false }

func (slice) scanned(_ *reading, v any) bool { return isList(v) }

func (s slice) walk(r *reading, rest []step, v any, definite bool) error {
	list, ok := v.([]any)
	if !ok {
		return notHere(definite)
	}
	n := len(list)
	from, to := 0, n
	switch {
	case s.from != nil && s.to != nil: // on the way up, a negative index counts from the end
		from, to = max(*s.from, -n), min(*s.to, n)
	case s.from != nil && *s.from < 0:
		from = max(*s.from+n, 0)
	case s.from != nil:
		from = *s.from
	case *s.to < 0:
		to = *s.to + n
	default:
		to = min(*s.to, n)
	}
	for at := from; at < to; at++ {
		if err := r.follow(rest, list[(at+n)%n], false); err != nil {
			return err
		}
	}
	return nil
}

// wildcard is every value of an object or a list: WildcardPathToken.
type wildcard struct{}

func (wildcard) definite(bool) bool { return false }

func (wildcard) scanned(*reading, any) bool { return true }

func (wildcard) walk(r *reading, rest []step, v any, _ bool) error {
	return r.each(rest, children(v))
}

// scan applies the next step at every object and list below: ScanPathToken.
type scan struct{}

func (scan) definite(bool) bool { return false }

func (scan) scanned(*reading, any) bool { return false }

func (s scan) walk(r *reading, rest []step, v any, _ bool) error {
	_, isObject := v.(Object)
	if !isObject && !isList(v) {
		return nil
	}
	if rest[0].scanned(r, v) {
		if err := s.apply(r, rest, v); err != nil {
			return err
		}
	}
	for _, child := range children(v) {
		if err := s.walk(r, rest, child, false); err != nil {
			return err
		}
	}
	return nil
}

// apply takes the next step from v. When that step is taken from a list, all elements
// go on to the step after it, whichever it chooses, as in Jayway's ArrayWalker.
func (scan) apply(r *reading, rest []step, v any) error {
	if elements, ok := v.([]any); ok && len(rest) > 1 {
		return r.each(rest[1:], elements)
	}
	return rest[0].walk(r, rest[1:], v, false)
}

// filter selects the values for which a condition holds: PredicatePathToken. It tests
// an object itself, and the elements of a list.
type filter struct{ condition }

func (filter) definite(bool) bool { return false }

func (f filter) scanned(r *reading, v any) bool { return f.holds(r.root, v) }

func (f filter) walk(r *reading, rest []step, v any, _ bool) error {
	switch v := v.(type) {
	case Object:
		if f.holds(r.root, v) {
			return r.follow(rest, v, false)
		}
	case []any:
		for _, element := range v {
			if !f.holds(r.root, element) {
				continue
			}
			if err := r.follow(rest, element, false); err != nil {
				return err
			}
		}
	}
	return nil
}
