package txnlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/dirlock"
)

func TestLogIsRestored(t *testing.T) {
	dir := t.TempDir()
	l, db := opened(t, dir, rarely())
	keep(t, l, db, "one")
	keep(t, l, db, "two", "three", "")
	l.Close()
	again := newNotes()
	l, replayed, err := OpenLog(dir, again, rarely())
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if again.String() != db.String() || replayed != 4 {
		t.Errorf("got %v, %d transactions; want %v, 4", again, replayed, db)
	}
}

// What is appended between two flushes becomes durable as one record, by one fsync.
func TestBatchIsOneRecordAndOneFsync(t *testing.T) {
	syncs := 0
	opts := rarely()
	opts.Synced = func(time.Duration) { syncs++ }
	dir := t.TempDir()
	l, db := opened(t, dir, opts)
	defer l.Close()
	if l.Pending() {
		t.Error("nothing was appended, and something is pending")
	}
	for range 3 {
		l.Append(db.write(1, "x"))
	}
	if got := restored(t, dir); got != newNotes().String() || !l.Pending() {
		t.Errorf("before the flush: got %s on disk, pending: %v", got, l.Pending())
	}
	keep(t, l, db)
	if got := restored(t, dir); got != db.String() || l.Pending() || syncs != 1 {
		t.Errorf("got %s by %d fsyncs, pending: %v; want %v by one", got, syncs, l.Pending(), db)
	}
	keep(t, l, db)
	log, err := os.ReadFile(filepath.Join(dir, Logs.Name(1)))
	if err != nil {
		t.Fatal(err)
	}
	end := offsets(log)[1]
	if syncs != 1 || strings.Trim(string(log[end:]), "\x00") != "" {
		t.Errorf("got %d fsyncs and %d bytes behind the first record, want one, and zeros", syncs, len(log)-end)
	}
}

func TestFullBatchIsWritten(t *testing.T) {
	dir := t.TempDir()
	l, db := opened(t, dir, rarely())
	l.Append(db.write(1, strings.Repeat("x", batchBytes/2)))
	if l.Full() {
		t.Error("half a batch is full")
	}
	l.Append(db.write(2, strings.Repeat("y", 3*batchBytes)))
	if !l.Full() {
		t.Error("the batch is not full")
	}
	keep(t, l, db)
	if cap(l.batch.Buf) > 0 {
		t.Errorf("%d bytes stay in memory", cap(l.batch.Buf))
	}
	l.Close()
	if got := restored(t, dir); got != db.String() {
		t.Error("what was restored is not what was written")
	}
}

// A file is longer than its content while it is being written, but not afterwards.
func TestFileGrowsAheadAndIsCutToItsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		sync time.Duration
		text string
		more int64
	}{
		"filled":           {0, "x", leastGrowth},
		"a large batch":    {0, strings.Repeat("x", fillLimit), holeGrowth},
		"without an fsync": {Never, "x", holeGrowth},
	} {
		opts := rarely()
		opts.Sync = tt.sync
		dir := t.TempDir()
		l, db := opened(t, dir, opts)
		keep(t, l, db, tt.text)
		end := l.file.end
		size := func() int64 {
			info, err := os.Stat(filepath.Join(dir, Logs.Name(1)))
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		if got := size(); got < tt.more || got != l.file.size {
			t.Errorf("%s: got a file of %d bytes, %d of them written; want %d more", name, got, end, tt.more)
		}
		l.Close()
		if got := size(); got != end {
			t.Errorf("%s: got %d bytes at the end, want %d", name, got, end)
		}
		if got := restored(t, dir); got != db.String() {
			t.Errorf("%s: what was restored is not what was written", name)
		}
	}
}

func TestWhenAnFsyncIsDue(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Minute, Never} {
		synctest.Test(t, func(t *testing.T) {
			syncs := 0
			opts := rarely()
			opts.Sync, opts.Synced = wait, func(time.Duration) { syncs++ }
			l, db := opened(t, t.TempDir(), opts)
			defer l.Close()
			l.synced = time.Now()
			keep(t, l, db, "x")
			at, due := l.SyncDue()
			if due != (wait == time.Minute) || due && at != time.Now().Add(wait) {
				t.Errorf("%v: an fsync is due: %v, at %v", wait, due, at)
			}
			if durable := syncs == 1; durable != (wait == 0) {
				t.Errorf("%v: durable at once: %v", wait, durable)
			}
			time.Sleep(time.Minute)
			keep(t, l, db)
			if durable := syncs == 1; durable != (wait != Never) {
				t.Errorf("%v: durable after a minute: %v", wait, durable)
			}
			if _, due := l.SyncDue(); due {
				t.Errorf("%v: an fsync is due with nothing written", wait)
			}
		})
	}
}

// What is on disk after a failure is unknown, so the failure is final.
func TestNothingIsWrittenAfterAFailure(t *testing.T) {
	full := errors.New("no space left")
	for name, where := range map[string]func(*Options) *func() error{
		"write": func(o *Options) *func() error { return &o.BeforeWrite },
		"fsync": func(o *Options) *func() error { return &o.BeforeSync },
	} {
		failing := false
		opts := rarely()
		*where(&opts) = func() error {
			if failing {
				return full
			}
			return nil
		}
		dir := t.TempDir()
		l, db := opened(t, dir, opts)
		keep(t, l, db, "before")
		acknowledged := db.String()
		failing = true
		l.Append(db.write(1, "x"))
		file := filepath.Join(dir, Logs.Name(1))
		if err := l.Flush(); !errors.Is(err, full) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want %v and the file named", name, err, full)
		}
		failing = false
		l.Append(db.write(2, "y"))
		if err := l.Flush(); !errors.Is(err, full) {
			t.Errorf("%s, once it would work again: got %v, want the failure to stay", name, err)
		}
		l.Close()
		got := restored(t, dir)
		if maybe := "0x2 map[0:before 1:x]"; got != acknowledged && (name == "write" || got != maybe) {
			t.Errorf("%s: got %s, want %s, or %s after an fsync", name, got, acknowledged, maybe)
		}
	}
}

func TestFailureOfTheDiskItselfStays(t *testing.T) {
	l, db := opened(t, t.TempDir(), rarely())
	defer l.Close()
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	l.Append(db.write(1, "x"))
	for range 2 {
		if err := l.Flush(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v, want %v", err, os.ErrClosed)
		}
	}
}

func TestNewFileThatCannotBeMadeIsAFailure(t *testing.T) {
	dir := t.TempDir()
	l, db := opened(t, dir, often(1))
	defer l.Close()
	if err := os.Mkdir(filepath.Join(dir, Logs.Name(2)), 0o755); err != nil {
		t.Fatal(err)
	}
	l.Append(db.write(1, "x"))
	if err := l.Flush(); err == nil || l.Saving() || l.Flush() != err {
		t.Errorf("got %v, a snapshot under way: %v; want the failure, and that it stays", err, l.Saving())
	}
	if err := os.Remove(filepath.Join(dir, Logs.Name(2))); err != nil {
		t.Fatal(err)
	}
	if got := restored(t, dir); got != db.String() {
		t.Errorf("got %s, want %v", got, db)
	}
}

func TestOldSnapshotsAndLogsArePruned(t *testing.T) {
	dir := t.TempDir()
	opts := often(2)
	opts.Retain = 2
	l, db := opened(t, dir, opts)
	for i := range 9 {
		keep(t, l, db, fmt.Sprint(i))
	}
	l.Close()
	var got []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != dirlock.Name {
			got = append(got, e.Name())
		}
	}
	if diff := cmp.Diff([]string{Logs.Name(7), Logs.Name(9), Snapshots.Name(6), Snapshots.Name(8)}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := os.Remove(filepath.Join(dir, Snapshots.Name(8))); err != nil {
		t.Fatal(err)
	}
	if got := restored(t, dir); got != db.String() {
		t.Errorf("without the latest snapshot: got %s, want %v from the one before and the logs", got, db)
	}
}

// A snapshot of many nodes costs more, so it is taken less often.
func TestBigDatabaseIsSavedLessOften(t *testing.T) {
	l, db := opened(t, t.TempDir(), often(1))
	defer l.Close()
	for range 40 {
		db.write(int32(len(db.texts)), "x")
	}
	for i := range 10 {
		if l.Append(db.write(0, "y")); l.Flush() != nil || l.Saving() != (i == 9) {
			t.Errorf("after %d transactions on 40 nodes: a snapshot is under way: %v", i+1, l.Saving())
		}
	}
}

func TestDirectoryIsLockedWhileOpen(t *testing.T) {
	dir := t.TempDir()
	l, _ := opened(t, dir, rarely())
	if _, _, err := OpenLog(dir, newNotes(), rarely()); !errors.Is(err, dirlock.ErrLocked) {
		t.Errorf("a second one: got %v, want ErrLocked", err)
	}
	l.Close()
	l, _ = opened(t, dir, rarely())
	l.Close()
}

// A database in memory has no log.
func TestNilLogTakesEverything(t *testing.T) {
	var l *Log
	l.Append(note{1, 1, "x"})
	if err := l.Flush(); err != nil || l.Pending() || l.Full() || l.Saving() || l.Moves() != nil {
		t.Errorf("got %v, or something to do", err)
	}
	if _, due := l.SyncDue(); due {
		t.Error("an fsync is due")
	}
	l.SaveOn()
	l.Close()
}

// BenchmarkAppendAndFlush writes batches of transactions of 100 bytes.
func BenchmarkAppendAndFlush(b *testing.B) {
	for name, sync := range map[string]time.Duration{"fsync": 0, "unsynced": Never} {
		for _, batch := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%s/%d", name, batch), func(b *testing.B) {
				opts := rarely()
				opts.Sync = sync
				l, db := opened(b, b.TempDir(), opts)
				defer l.Close()
				txn := note{number: 1, text: strings.Repeat("x", 100)}
				b.ReportAllocs()
				for b.Loop() {
					for range batch {
						db.zxid++
						txn.zxid = db.zxid
						l.Append(txn)
					}
					if err := l.Flush(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/txn")
			})
		}
	}
}

var _ Database = (*notes)(nil)
