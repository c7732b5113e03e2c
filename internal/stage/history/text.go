package history

import (
	"strings"
	"sync"
)

// text is the content of a znode. One that differs little from the content before it holds only the difference, so
// that a batch that grows by a segment costs a segment.
type text struct {
	base       *text // nil when own is all of it
	head, tail int   // how much of the base's beginning and end it has
	own        string
	length     int // of all of it
	depth      int // texts below it
}

// whole is a content that holds all of itself.
func whole(now string) *text { return &text{own: now, length: len(now)} }

// longestDepth bounds how many texts one is put together from.
const longestDepth = 16

// changed is the content now, of a znode that had another before; nil is none.
func changed(before *text, now string) *text {
	if before == nil || before.depth+1 >= longestDepth {
		return whole(now)
	}
	room := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	*room = before.append((*room)[:0], 0, before.length)
	was := *room
	head := sameHead(was, now)
	tail := sameTail(was[head:], now[head:])
	own := now[head : len(now)-tail]
	if len(own) > len(now)/2 {
		return whole(now)
	}
	return &text{base: before, head: head, tail: tail, own: strings.Clone(own), length: len(now), depth: before.depth + 1} // a copy: the rest of now can go
}

// rooms are where contents are put together to be compared.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// stride is how much is compared at once.
const stride = 64

// sameHead is how much the beginnings of two texts have in common.
func sameHead(a []byte, b string) (n int) {
	shorter := min(len(a), len(b))
	for n+stride <= shorter && string(a[n:n+stride]) == b[n:n+stride] {
		n += stride
	}
	for n < shorter && a[n] == b[n] {
		n++
	}
	return n
}

// sameTail is how much their ends have in common.
func sameTail(a []byte, b string) (n int) {
	shorter := min(len(a), len(b))
	for n+stride <= shorter && string(a[len(a)-n-stride:len(a)-n]) == b[len(b)-n-stride:len(b)-n] {
		n += stride
	}
	for n < shorter && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// String is the whole content.
func (t *text) String() string {
	if t == nil {
		return ""
	}
	if t.base == nil {
		return t.own
	}
	return string(t.append(make([]byte, 0, t.length), 0, t.length))
}

// append appends the part of the content between two places.
func (t *text) append(b []byte, from, to int) []byte {
	if t.base == nil {
		return append(b, t.own[from:to]...)
	}
	if end := min(to, t.head); from < end {
		b = t.base.append(b, from, end)
	}
	behind := t.head + len(t.own)
	if begin, end := max(from, t.head), min(to, behind); begin < end {
		b = append(b, t.own[begin-t.head:end-t.head]...)
	}
	if begin := max(from, behind); begin < to {
		shift := t.base.length - t.length
		b = t.base.append(b, begin+shift, to+shift)
	}
	return b
}
