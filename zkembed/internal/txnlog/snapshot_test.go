package txnlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/run/disk"
)

// A snapshot is of the moment at which it began, and transactions go on meanwhile.
func TestSnapshotIsTakenWhileTransactionsGoOn(t *testing.T) {
	dir := t.TempDir()
	saved := 0
	opts := often(100)
	opts.Saved = func(time.Duration) { saved++ }
	l, db := opened(t, dir, opts)
	for i := range 100 {
		l.Append(db.write(int32(i), "before"))
	}
	if err := l.Flush(); err != nil || !l.Saving() {
		t.Fatalf("got %v, a snapshot under way: %v", err, l.Saving())
	}
	before := db.String()
	for saving := true; saving; saving = l.Saving() {
		l.Append(db.write(int32(db.zxid)%100, "meanwhile"))
		if err := l.Flush(); err != nil {
			t.Fatal(err)
		}
		<-l.Moves()
		l.SaveOn()
	}
	if saved != 1 {
		t.Errorf("got %d snapshots, want one", saved)
	}
	l.Close()
	if got := restored(t, dir); got != db.String() {
		t.Errorf("with the log behind it: got %s, want %v", got, db)
	}
	if err := os.Remove(filepath.Join(dir, Logs.Name(101))); err != nil {
		t.Fatal(err)
	}
	if got := restored(t, dir); got != before {
		t.Errorf("the snapshot: got %s, want %s", got, before)
	}
}

// Chunks are filled again once they have been written, and not before.
func TestSnapshotOfManyChunksHoldsThemAll(t *testing.T) {
	const nodes, size = 400, 40 << 10
	if chunks := nodes * size / chunkBytes; chunks < 5*(chunksHeld+2) {
		t.Fatalf("%d chunks are too few to be filled again", chunks)
	}
	db := newNotes()
	for i := range nodes {
		db.write(int32(i), strings.Repeat(string(rune('a'+i%26)), size))
	}
	dir := t.TempDir()
	if err := WriteSnapshot(dir, db); err != nil {
		t.Fatal(err)
	}
	if restored(t, dir) != db.String() {
		t.Error("what was restored is not what was there")
	}
}

// Only the walk waits for a writer that does not keep up.
func TestSnapshotWaitsForItsWriter(t *testing.T) {
	db := newNotes()
	for i := range 3 * chunksHeld {
		db.write(int32(i), strings.Repeat("x", chunkBytes))
	}
	s := newSnapshot(disk.OS{}, t.TempDir(), 1, db)
	for range 2 {
		if s.step(); s.phase != stalled || len(s.writer.chunks) != chunksHeld {
			t.Fatalf("got phase %d, %d chunks; want it to wait with %d", s.phase, len(s.writer.chunks), chunksHeld)
		}
	}
	select {
	case <-s.moves():
		t.Error("it goes on before the writer does")
	default:
	}
	go s.writer.run()
	<-s.moves()
	if err := s.abandon(); err != errAbandoned {
		t.Errorf("got %v, want %v", err, errAbandoned)
	}
}

func TestSnapshotThatDoesNotEndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	l, db := opened(t, dir, often(1))
	l.Append(db.write(1, "x"))
	if err := l.Flush(); err != nil || !l.Saving() {
		t.Fatalf("got %v, a snapshot under way: %v", err, l.Saving())
	}
	l.Close()
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil || len(files) != 2 || strings.Contains(fmt.Sprint(files), "snapshot") {
		t.Errorf("got files %v, %v; want two logs", files, err)
	}
	if got := restored(t, dir); got != db.String() {
		t.Errorf("got %s, want %v", got, db)
	}
}

func TestUnfinishedSnapshotIsIgnored(t *testing.T) {
	dir, _, states := fileOf(t, "one", "two")
	if err := os.WriteFile(filepath.Join(dir, Snapshots.Name(3)+".new"), []byte("half of"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := restored(t, dir); got != states[2] {
		t.Errorf("got %s, want %s", got, states[2])
	}
}

// The log has everything, so a snapshot that cannot be written holds nobody up.
func TestSnapshotThatCannotBeWrittenIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	l, db := opened(t, dir, often(1))
	if err := os.Mkdir(filepath.Join(dir, Snapshots.Name(1)+".new"), 0o755); err != nil {
		t.Fatal(err)
	}
	keep(t, l, db, strings.Repeat("x", 3*chunksHeld*chunkBytes))
	keep(t, l, db, "next")
	l.Close()
	if list, err := Snapshots.List(dir); err != nil || len(list) != 1 || list[0] != 2 {
		t.Errorf("got snapshots %v, %v; want the second", list, err)
	}
	if restored(t, dir) != db.String() {
		t.Error("what was restored is not what was there")
	}
}
