package txnlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// notes is a database of numbered texts.
type notes struct {
	zxid  zkwire.Zxid
	texts map[int32]string
}

// note is a transaction: it writes a text under a number.
type note struct {
	zxid   zkwire.Zxid
	number int32
	text   string
}

func newNotes() *notes { return &notes{texts: map[int32]string{}} }

func (n note) Encode(e *zkwire.Encoder) {
	e.Long(int64(n.zxid))
	e.Int(n.number)
	e.String(n.text)
}

// write is the next transaction, which has been carried out.
func (db *notes) write(number int32, text string) note {
	db.zxid++
	db.texts[number] = text
	return note{db.zxid, number, text}
}

func (db *notes) String() string { return fmt.Sprintf("0x%x %v", int64(db.zxid), db.texts) }

func (db *notes) Zxid() zkwire.Zxid { return db.zxid }

func (db *notes) Nodes() int { return len(db.texts) }

func (db *notes) Clear() { *db = *newNotes() }

func (db *notes) EncodeSessions(e *zkwire.Encoder) { e.Long(int64(db.zxid)) }

func (db *notes) DecodeSessions(d *zkwire.Decoder) error {
	*db = notes{zxid: zkwire.Zxid(d.Long()), texts: map[int32]string{}}
	return d.Err()
}

func (db *notes) DecodeNodes(d *zkwire.Decoder) error {
	for d.Rest() > 0 {
		number := d.Int()
		db.texts[number] = d.String()
	}
	return d.Err()
}

// Check fails for what a test has written to make it fail.
func (db *notes) Check() error { return db.spoilt() }

const spoils = "spoils everything"

func (db *notes) spoilt() error {
	if slices.Contains(slices.Collect(maps.Values(db.texts)), spoils) {
		return errors.New("it is spoilt")
	}
	return nil
}

func (db *notes) DecodeTxn(d *zkwire.Decoder) (zkwire.Zxid, func() error) {
	n := note{zkwire.Zxid(d.Long()), d.Int(), d.String()}
	return n.zxid, func() error {
		db.zxid, db.texts[n.number] = n.zxid, n.text
		return db.spoilt()
	}
}

func (db *notes) Walk(out *zkwire.Encoder) Walk {
	w := &notesWalk{out: out}
	for _, number := range slices.Sorted(maps.Keys(db.texts)) {
		w.todo = append(w.todo, note{0, number, db.texts[number]})
	}
	return w
}

type notesWalk struct {
	todo []note
	out  *zkwire.Encoder
}

func (w *notesWalk) Next() bool {
	if len(w.todo) == 0 {
		return false
	}
	w.out.Int(w.todo[0].number)
	w.out.String(w.todo[0].text)
	w.todo = w.todo[1:]
	return true
}

func (w *notesWalk) Stop() {}

// rarely is for a log that takes no snapshots.
func rarely() Options {
	return Options{SnapshotEvery: 1 << 30, Retain: 3, Log: hclog.NewNullLogger()}
}

// often is for a log that takes many.
func often(every int) Options {
	opts := rarely()
	opts.SnapshotEvery = every
	return opts
}

// opened is a log on a directory, and the database that was restored from it.
func opened(t testing.TB, dir string, opts Options) (*Log, *notes) {
	t.Helper()
	db := newNotes()
	l, _, err := OpenLog(dir, db, opts)
	if err != nil {
		t.Fatal(err)
	}
	return l, db
}

// keep writes a batch of texts and makes it durable, along with any snapshot that is due.
func keep(t testing.TB, l *Log, db *notes, texts ...string) {
	t.Helper()
	for _, text := range texts {
		l.Append(db.write(int32(len(db.texts)), text))
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	for l.Saving() {
		<-l.Moves()
		l.SaveOn()
	}
}

// restored is what a directory holds.
func restored(t testing.TB, dir string) string {
	t.Helper()
	db := newNotes()
	if _, err := Restore(dir, db, hclog.NewNullLogger()); err != nil {
		t.Fatal(err)
	}
	return db.String()
}

// fileOf is a directory with one log, of several records, and the database after
// none, one, … all of them.
func fileOf(t *testing.T, batches ...string) (dir string, log []byte, states []string) {
	t.Helper()
	dir = t.TempDir()
	l, db := opened(t, dir, rarely())
	states = []string{db.String()}
	for _, text := range batches {
		keep(t, l, db, text)
		states = append(states, db.String())
	}
	l.Close()
	log, err := os.ReadFile(filepath.Join(dir, Logs.Name(1)))
	if err != nil {
		t.Fatal(err)
	}
	return dir, log, states
}

// offsets are where a log's records begin, and where the last ends; zeros may follow it.
func offsets(log []byte) []int {
	at := len(Logs.header())
	list := []int{at}
	for at < len(log) && binary.BigEndian.Uint32(log[at:]) > 0 {
		at += HeadSize + int(binary.BigEndian.Uint32(log[at:]))
		list = append(list, at)
	}
	return list
}

// reopened is a log on a directory that holds one file.
func reopened(t *testing.T, name string, content []byte) (*notes, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Clone(content), 0o644); err != nil {
		t.Fatal(err)
	}
	db := newNotes()
	opts := rarely()
	opts.Sync = Never
	l, _, err := OpenLog(dir, db, opts)
	if err == nil {
		l.Close()
	}
	return db, err
}
