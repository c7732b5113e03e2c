package zkwire

// MultiHeader stands before each part of a multi, in the request and in the reply,
// and once more, with Done, behind the last.
type MultiHeader struct {
	Op   Op // OpError before an error, whose code follows once more as an int
	Done bool
	Code Code // -1 in requests and in the last header
}

// MultiEnd is the header behind the last part.
var MultiEnd = MultiHeader{Op: OpError, Done: true, Code: -1}

// Encode implements Record.
func (r *MultiHeader) Encode(e *Encoder) {
	e.Int(int32(r.Op))
	e.Bool(r.Done)
	e.Int(int32(r.Code))
}

// Decode implements Record.
func (r *MultiHeader) Decode(d *Decoder) {
	r.Op, r.Done, r.Code = Op(d.Int()), d.Bool(), Code(d.Int())
}
