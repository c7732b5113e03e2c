package history

// text is the content of a znode. One that differs little from the content before it holds only the difference, so
// that a batch that grows by a segment costs a segment.
type text struct {
	base       *text // nil when own is all of it
	head, tail int   // how much of the base's beginning and end it has
	own        string
	depth      int // texts below it
}

// longestDepth bounds how many texts one is put together from.
const longestDepth = 16

// changed is the content now, of a znode that had another before; nil is none.
func changed(before *text, now string) *text {
	if before == nil || before.depth+1 >= longestDepth {
		return &text{own: now}
	}
	was := before.String()
	shorter := min(len(was), len(now))
	head, tail := 0, 0
	for head < shorter && was[head] == now[head] {
		head++
	}
	for tail < shorter-head && was[len(was)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	own := now[head : len(now)-tail]
	if len(own) > len(now)/2 {
		return &text{own: now}
	}
	return &text{base: before, head: head, tail: tail, own: string([]byte(own)), depth: before.depth + 1} // a copy: the rest of now can go
}

// String is the whole content.
func (t *text) String() string {
	if t == nil {
		return ""
	}
	if t.base == nil {
		return t.own
	}
	base := t.base.String()
	return base[:t.head] + t.own + base[len(base)-t.tail:]
}
