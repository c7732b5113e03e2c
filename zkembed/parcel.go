package zkembed

import (
	"time"

	"oakmoot/internal/zk/zkwire"
)

// parcel is what the state is handed at a time.
type parcel struct {
	conn    *conn
	at      time.Time              // when it had been read
	connect *zkwire.ConnectRequest // the first of a connection
	frames  []byte                 // whole requests, with their lengths
	gone    bool                   // the connection has ended
	goOn    bool                   // its waiting requests have room again
	call    func(*state)           // of the Go API or a four-letter word
}

// asks reports whether the parcel is something that a client has sent.
func (p *parcel) asks() bool { return p.connect != nil || p.frames != nil }
