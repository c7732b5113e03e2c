package zkembed

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// word writes the answer to a four-letter word. It fails when the state cannot be asked,
// or the answer not be written.
type word func(*question) error

// question is what a word is asked with.
type question struct {
	turns
	at       *Endpoint
	argument []byte // of stmk
	to       io.Writer
}

// words are the four-letter words: FourLetterCommands.
var words = map[string]word{
	"conf": outside(wordConf),
	"cons": long(wordCons),
	"crst": inTurn(wordCrst),
	"dirs": outside(wordDirs),
	"dump": long(wordDump),
	"envi": outside(wordEnvi),
	"gtmk": inTurn(func(s *state, q *question) string { return fmt.Sprint(s.stats.traceMask) }),
	"hash": outside(func(*question) string { return "" }), // no digests are kept
	"isro": inTurn(wordIsro),
	"mntr": inTurn(wordMntr),
	"ruok": outside(func(*question) string { return "imok" }),
	"srst": inTurn(func(s *state, q *question) string { s.stats.reset(); return "Server stats reset.\n" }),
	"srvr": inTurn(wordSrvr),
	"stat": long(wordStat),
	"stmk": inTurn(wordStmk),
	"wchc": long(wordWchc),
	"wchp": long(wordWchp),
	"wchs": inTurn(wordWchs),
}

// inTurn is a word with a short answer that is made from the state.
func inTurn(answer func(*state, *question) string) word {
	return func(q *question) error {
		var text string
		if err := q.take(func(s *state) { text = answer(s, q) }); err != nil {
			return err
		}
		return q.say(text)
	}
}

// long is a word whose answer is as long as what it lists: only few are answered at a time.
func long(answer word) word {
	return func(q *question) error {
		over, err := q.oneOfFew()
		if err != nil {
			return err
		}
		defer over()
		return answer(q)
	}
}

// outside is a word that only asks the state whether it is there.
func outside(answer func(*question) string) word {
	return func(q *question) error {
		if err := q.take(func(*state) {}); err != nil {
			return err
		}
		return q.say(answer(q))
	}
}

func (q *question) say(text string) error {
	_, err := io.WriteString(q.to, text)
	return err
}

const (
	wordSize     = 4
	argumentSize = 8 // of stmk: the new mask
	// wordLimit bounds how long a word may wait for each of its turns, and for each part
	// of its answer to be written.
	wordLimit = 5 * time.Second
	// wordPart is how much of an answer is written at once.
	wordPart = 64 << 10
	// drainLimit bounds how long the client's further bytes are read and discarded.
	drainLimit = 500 * time.Millisecond
)

// answerWord answers a word and lets the connection end. What the client sent after it is
// read and discarded, so that the answer is not lost in a reset.
func (c *conn) answerWord(in *frameReader, name string, answer word) {
	to := bufio.NewWriterSize(&patientWriter{c}, wordPart)
	c.wordTo(to, in, name, answer)
	_ = to.Flush() // if it fails, the client has gone
	if half, ok := c.stream.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // if it fails, the connection is gone
		_ = c.net.SetReadDeadline(time.Now().Add(drainLimit))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.stream, int64(c.srv.opts.MaxFrame)))
	}
}

// patientWriter gives the client time for each part.
type patientWriter struct{ c *conn }

func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.c.net.SetWriteDeadline(time.Now().Add(wordLimit)) // if it fails, so does the write
	return w.c.stream.Write(b)
}

func (c *conn) wordTo(to io.Writer, in *frameReader, name string, answer word) {
	if !c.srv.opts.answers(name, c.srv.ensemble.mayReadOnly.Load()) {
		_, _ = io.WriteString(to, name+" is not executed because it is not in the whitelist.\n") // Flush reports it
		return
	}
	q := &question{at: c.at, to: to}
	if name == "stmk" {
		b, err := in.peek(wordSize + argumentSize)
		if err != nil {
			return
		}
		q.argument = b[wordSize:]
	}
	q.turns = turns{ctx: context.Background(), life: c.life, patience: wordLimit, first: func(s *state) {
		c.asks = true
		s.stats.received++
		c.stats.received++
	}}
	if answer(q) != nil {
		_, _ = io.WriteString(to, "This ZooKeeper instance is not currently serving requests\n") // likewise
	}
}

// answers reports whether a word is on the whitelist. srvr always is, and so is isro where
// servers may become read-only: FourLetterCommands.isEnabled.
func (o *Options) answers(name string, mayReadOnly bool) bool {
	return name == "srvr" || name == "isro" && mayReadOnly ||
		slices.Contains(o.Words, name) || slices.Contains(o.Words, "*")
}

func wordStmk(s *state, q *question) string {
	s.stats.traceMask = int64(binary.BigEndian.Uint64(q.argument))
	return fmt.Sprint(s.stats.traceMask)
}

func wordIsro(_ *state, q *question) string {
	if q.at.readOnly {
		return "ro"
	}
	return "rw"
}

func wordCrst(s *state, q *question) string {
	for _, c := range s.life.connections(q.at) {
		c.stats = connStats{}
	}
	return "Connection stats reset.\n"
}

func port(addr net.Addr) int {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
