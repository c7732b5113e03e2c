package zkembed

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// word answers a four-letter word.
type word func(*state, question) string

// question is what a word is asked with.
type question struct {
	at       *Endpoint
	argument []byte // of stmk
}

// words are the four-letter words: FourLetterCommands.
var words = map[string]word{
	"conf": wordConf,
	"cons": wordCons,
	"crst": wordCrst,
	"dirs": wordDirs,
	"dump": wordDump,
	"envi": wordEnvi,
	"gtmk": func(s *state, q question) string { return fmt.Sprint(s.stats.traceMask) },
	"hash": func(*state, question) string { return "" }, // no digests are kept
	"isro": wordIsro,
	"mntr": wordMntr,
	"ruok": func(*state, question) string { return "imok" },
	"srst": func(s *state, q question) string { s.stats.reset(); return "Server stats reset.\n" },
	"srvr": wordSrvr,
	"stat": wordStat,
	"stmk": wordStmk,
	"wchc": wordWchc,
	"wchp": wordWchp,
	"wchs": wordWchs,
}

const (
	wordSize     = 4
	argumentSize = 8 // of stmk: the new mask
	// wordLimit bounds how long a word may take.
	wordLimit = 5 * time.Second
	// drainLimit bounds how long the asker's further bytes are read away.
	drainLimit = 500 * time.Millisecond
)

// answerWord answers a word and lets the connection end. What the client sent
// behind it is read away, so that its answer is not lost in a reset.
func (c *conn) answerWord(in *frameReader, name string, answer word) {
	text := c.wordText(in, name, answer)
	_, _ = io.WriteString(c.stream, text) // the asker went away: nobody is left to tell
	if half, ok := c.stream.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // if it fails, the connection is gone
		_ = c.net.SetReadDeadline(time.Now().Add(drainLimit))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.stream, int64(c.srv.opts.MaxFrame)))
	}
}

func (c *conn) wordText(in *frameReader, name string, answer word) string {
	if !c.srv.answers(name) {
		return name + " is not executed because it is not in the whitelist.\n"
	}
	q := question{at: c.at}
	if name == "stmk" {
		b, err := in.peek(wordSize + argumentSize)
		if err != nil {
			return ""
		}
		q.argument = b[wordSize:]
	}
	ctx, cancel := context.WithTimeout(context.Background(), wordLimit)
	defer cancel()
	var text string
	ask := func(s *state) error {
		c.asks = true
		s.stats.received++
		c.stats.received++
		text = answer(s, q)
		return nil
	}
	if c.life.call(ctx, ask) != nil {
		return "This ZooKeeper instance is not currently serving requests\n"
	}
	return text
}

// answers tells whether a word is on the whitelist, on which srvr always is, and isro
// where servers may become read-only: FourLetterCommands.isEnabled.
func (s *Server) answers(name string) bool {
	return name == "srvr" || name == "isro" && s.mayReadOnly.Load() ||
		slices.Contains(s.opts.Words, name) || slices.Contains(s.opts.Words, "*")
}

func wordStmk(s *state, q question) string {
	s.stats.traceMask = int64(binary.BigEndian.Uint64(q.argument))
	return fmt.Sprint(s.stats.traceMask)
}

func wordIsro(_ *state, q question) string {
	if q.at.readOnly {
		return "ro"
	}
	return "rw"
}

func wordCrst(s *state, q question) string {
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
