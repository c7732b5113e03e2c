package zkwire

// EventType is what a watch saw: Watcher.Event.EventType.
type EventType int32

// Event types that a server sends.
const (
	EventCreated         EventType = 1
	EventDeleted         EventType = 2
	EventDataChanged     EventType = 3
	EventChildrenChanged EventType = 4
)

// StateConnected is the only state that a server sends in an event.
const StateConnected int32 = 3

// WatcherEvent is a notification's body.
type WatcherEvent struct {
	Type  EventType
	State int32
	Path  string
}

// Encode implements Record.
func (r *WatcherEvent) Encode(e *Encoder) {
	e.Int(int32(r.Type))
	e.Int(r.State)
	e.String(r.Path)
}

// Decode implements Record.
func (r *WatcherEvent) Decode(d *Decoder) {
	r.Type, r.State, r.Path = EventType(d.Int()), d.Int(), d.String()
}

// Modes of addWatch: AddWatchMode.
const (
	WatchPersistent          int32 = 0
	WatchPersistentRecursive int32 = 1
)

// AddWatchRequest is addWatch (106).
type AddWatchRequest struct {
	Path string
	Mode int32
}

// Encode implements Record.
func (r *AddWatchRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Int(r.Mode)
}

// Decode implements Record.
func (r *AddWatchRequest) Decode(d *Decoder) { r.Path, r.Mode = d.String(), d.Int() }

// WatcherType says which watches checkWatches and removeWatches mean:
// Watcher.WatcherType.
type WatcherType int32

// Watcher types.
const (
	WatcherChildren            WatcherType = 1
	WatcherData                WatcherType = 2
	WatcherAny                 WatcherType = 3
	WatcherPersistent          WatcherType = 4
	WatcherPersistentRecursive WatcherType = 5
)

// WatcherRequest is checkWatches (17) and removeWatches (18).
type WatcherRequest struct {
	Path string
	Type WatcherType
}

// Encode implements Record.
func (r *WatcherRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Int(int32(r.Type))
}

// Decode implements Record.
func (r *WatcherRequest) Decode(d *Decoder) { r.Path, r.Type = d.String(), WatcherType(d.Int()) }

// SetWatchesRequest is setWatches (101): the watches of a client that has
// reconnected, and the last zxid that it saw.
type SetWatchesRequest struct {
	Since              Zxid
	Data, Exist, Child []string
}

// Encode implements Record.
func (r *SetWatchesRequest) Encode(e *Encoder) {
	e.Long(int64(r.Since))
	e.Strings(r.Data)
	e.Strings(r.Exist)
	e.Strings(r.Child)
}

// Decode implements Record.
func (r *SetWatchesRequest) Decode(d *Decoder) {
	r.Since, r.Data, r.Exist, r.Child = Zxid(d.Long()), d.Strings(), d.Strings(), d.Strings()
}

// SetWatches2Request is setWatches2 (105).
type SetWatches2Request struct {
	SetWatchesRequest
	Persistent, Recursive []string
}

// Encode implements Record.
func (r *SetWatches2Request) Encode(e *Encoder) {
	r.SetWatchesRequest.Encode(e)
	e.Strings(r.Persistent)
	e.Strings(r.Recursive)
}

// Decode implements Record.
func (r *SetWatches2Request) Decode(d *Decoder) {
	r.SetWatchesRequest.Decode(d)
	r.Persistent, r.Recursive = d.Strings(), d.Strings()
}
