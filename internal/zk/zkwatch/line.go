package zkwatch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// line is a connection that has a session. One goroutine reads; any may write.
type line struct {
	net.Conn
	timeout time.Duration // of the session, as granted by the server
	writing chan struct{} // full while somebody writes
	once    sync.Once
}

// Limits of a connection.
const (
	connectLimit = 5 * time.Second // for reaching one server and being granted a session
	frameLimit   = 64 << 20        // of a frame from the server: a list of children may be long
)

// connect tries the servers in order until one grants a session.
func connect(ctx context.Context, opts Options) (*line, error) {
	var failed error
	for _, server := range opts.Servers {
		l, err := connectTo(ctx, opts, server)
		if err == nil {
			return l, nil
		}
		if failed = errors.Join(failed, fmt.Errorf("%s: %w", server, err)); ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

func connectTo(ctx context.Context, opts Options, server string) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	c, err := opts.Dial(ctx, "tcp", server)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: c, timeout: opts.SessionTimeout, writing: make(chan struct{}, 1)}
	defer context.AfterFunc(ctx, l.close)()
	request := zkwire.ConnectRequest{Timeout: opts.SessionTimeout, Password: make([]byte, zkwire.PasswordLength), HasReadOnly: true}
	if err := l.write(&request); err != nil {
		l.close()
		return nil, err
	}
	body, err := l.read()
	if err != nil {
		l.close()
		return nil, err
	}
	var granted zkwire.ConnectResponse
	if granted.Decode(body); body.Err() != nil || granted.Session == 0 || granted.Timeout <= 0 {
		l.close()
		return nil, errors.New("no session was granted")
	}
	l.timeout = granted.Timeout
	return l, nil
}

func (l *line) close() { l.once.Do(func() { _ = l.Conn.Close() }) }

// write sends the records as one frame. A connection that accepts nothing for as long
// as a session lives is given up.
func (l *line) write(records ...zkwire.Record) error {
	var e zkwire.Encoder
	mark := e.StartFrame()
	for _, r := range records {
		r.Encode(&e)
	}
	e.EndFrame(mark)
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	if err := l.SetWriteDeadline(time.Now().Add(l.timeout)); err != nil {
		return err
	}
	_, err := l.Write(e.Buf)
	return err
}

// read returns the next frame. A server that does not answer pings in time counts as
// gone.
func (l *line) read() (*zkwire.Decoder, error) {
	if err := l.SetReadDeadline(time.Now().Add(l.timeout * 2 / 3)); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(l, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > frameLimit {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	frame := make([]byte, size)
	if _, err := io.ReadFull(l, frame); err != nil {
		return nil, err
	}
	return zkwire.NewDecoder(frame), nil
}
