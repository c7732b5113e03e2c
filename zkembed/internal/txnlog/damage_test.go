package txnlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// TestTornRecordIsCutOff tears the log at each byte of each of its records.
func TestTornRecordIsCutOff(t *testing.T) {
	_, log, states := fileOf(t, "one", "two", "", "the last")
	starts := offsets(log)
	for cut := range len(log) + 1 {
		for _, padding := range []int{0, 100} { // the log fills a file with zeros before it is written on
			if cut < starts[0] && padding > 0 {
				continue // not a log
			}
			torn := append(bytes.Clone(log[:cut]), make([]byte, padding)...)
			db, err := reopened(t, Logs.Name(1), torn)
			if err != nil {
				t.Fatalf("cut at %d, %d zeros: %v", cut, padding, err)
			}
			whole := 0 // records; zeros may happen to be what was missing
			for whole+1 < len(starts) && bytes.HasPrefix(torn, log[:starts[whole+1]]) {
				whole++
			}
			if db.String() != states[whole] {
				t.Fatalf("cut at %d, %d zeros: got %v, want %s", cut, padding, db, states[whole])
			}
		}
	}
}

func TestLogGoesOnBehindATornRecord(t *testing.T) {
	dir, log, states := fileOf(t, "one", "two")
	file := filepath.Join(dir, Logs.Name(1))
	if err := os.WriteFile(file, log[:len(log)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	want := states[1]
	for _, text := range []string{"again", "and again"} {
		l, db := opened(t, dir, rarely())
		if db.String() != want {
			t.Errorf("got %v, want %s", db, want)
		}
		keep(t, l, db, text)
		want = db.String()
		l.Close()
	}
	if got := restored(t, dir); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDamageInTheMiddleIsRefusedWithItsOffset turns a bit of each byte.
func TestDamageInTheMiddleIsRefusedWithItsOffset(t *testing.T) {
	_, log, states := fileOf(t, "one", "two", "the last")
	starts := offsets(log)
	record := 0
	for at := starts[0]; at < len(log); at++ {
		if at >= starts[record+1] {
			record++
		}
		damaged := bytes.Clone(log)
		damaged[at] ^= 0x10
		db, err := reopened(t, Logs.Name(1), damaged)
		lastPayload := record == len(starts)-2 && at >= starts[record]+HeadSize
		switch {
		case lastPayload && err == nil && db.String() == states[len(states)-2]: // never acknowledged, as far as one can tell
		case lastPayload:
			t.Errorf("last record damaged at %d: got %v, want it cut off", at, err)
		case !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("record at offset %d", starts[record])):
			t.Errorf("byte %d damaged: got %v, want offset %d", at, err, starts[record])
		}
	}
}

func TestForeignAndNewerFilesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		file, content string
		want          error
	}{
		"a log that is none":      {Logs.Name(1), "not a log at all, but long enough", ErrDamaged},
		"a newer log":             {Logs.Name(1), "oakmootzklog\x00\x00\x00\x63", ErrNewer},
		"a snapshot that is none": {Snapshots.Name(1), "not a snapshot at all, but long enough", ErrDamaged},
		"a newer snapshot":        {Snapshots.Name(1), "oakmootzksnap\x00\x00\x00\x63\x00\x00\x00\x00", ErrNewer},
		"an empty snapshot":       {Snapshots.Name(1), "", ErrDamaged},
		"the head of a snapshot":  {Snapshots.Name(1), "oakm", ErrDamaged},
		"a damaged snapshot":      {Snapshots.Name(1), "oakmootzksnap\x00\x00\x00\x01\x00\x00\x00\x01body", ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, _, err := OpenLog(dir, newNotes(), rarely()); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.file) {
				t.Errorf("got %v, want %v and the file's name", err, tt.want)
			}
			after, err := os.ReadFile(filepath.Join(dir, tt.file))
			if err != nil || string(after) != tt.content {
				t.Errorf("the file was changed: %q, %v", after, err)
			}
		})
	}
}

// records is a log file of intact records of these transactions.
func records(batches ...[]note) []byte {
	file := Logs.header()
	for _, batch := range batches {
		e := zkwire.Encoder{Buf: make([]byte, HeadSize)}
		for _, n := range batch {
			n.Encode(&e)
		}
		Seal(e.Buf)
		file = append(file, e.Buf...)
	}
	return file
}

func TestTransactionsThatDoNotFollowAreRefused(t *testing.T) {
	short := records([]note{{1, 1, "one"}})
	short = append(short, records([]note{{2, 2, "two"}})[len(Logs.header()):]...)
	second := offsets(short)[1]
	cut := short[:len(short)-2]
	Seal(cut[second:])
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"a gap within a record":          {records([]note{{1, 1, "one"}, {3, 2, "three"}}), "transactions from 0x2 on are missing"},
		"a gap before the first":         {records([]note{{2, 1, "two"}}), "transactions from 0x1 on are missing"},
		"what the database has no place": {records([]note{{1, 1, "one"}}, []note{{2, 2, spoils}}), "it is spoilt"},
		"what does not decode":           {cut, fmt.Sprintf("record at offset %d", second)},
	} {
		if _, err := reopened(t, Logs.Name(1), tt.file); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	if db, err := reopened(t, Logs.Name(1), records([]note{{1, 1, "one"}}, []note{{1, 1, "again"}, {2, 2, "two"}})); err != nil || db.texts[1] != "one" || db.zxid != 2 {
		t.Errorf("a transaction twice: got %v, %v; want the first", db, err)
	}
}

func TestLogsWithoutASnapshotDoWhenTheyAreAllThere(t *testing.T) {
	dir := t.TempDir()
	for zxid := range zkwire.Zxid(3) {
		file := records([]note{{zxid + 1, int32(zxid), "x"}})
		if err := os.WriteFile(filepath.Join(dir, Logs.Name(zxid+1)), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := restored(t, dir), `0x3 map[0:x 1:x 2:x]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := os.Remove(filepath.Join(dir, Logs.Name(2))); err != nil {
		t.Fatal(err)
	}
	_, err := Restore(dir, newNotes(), hclog.NewNullLogger())
	if want := "transactions from 0x2 on are missing before " + Logs.Name(3); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestOnlyTheLastLogMayBeTorn(t *testing.T) {
	dir := t.TempDir()
	for zxid, file := range map[zkwire.Zxid][]byte{
		1: append(records([]note{{1, 1, "one"}}), "torn"...), 2: records([]note{{2, 2, "two"}}),
	} {
		if err := os.WriteFile(filepath.Join(dir, Logs.Name(zxid)), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Restore(dir, newNotes(), hclog.NewNullLogger())
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "cut short, and there is a later log") {
		t.Errorf("got %v, want the first log refused", err)
	}
}

// snapshots is a directory with several of them, and the database that it holds.
func snapshots(t *testing.T) (dir string, files []string, want string) {
	t.Helper()
	dir = t.TempDir()
	l, db := opened(t, dir, often(3))
	for i := range 13 {
		keep(t, l, db, fmt.Sprint(i))
	}
	want = db.String()
	l.Close()
	files, err := filepath.Glob(filepath.Join(dir, "snapshot.*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("got snapshots %v, %v; want three", files, err)
	}
	return dir, files, want
}

func TestDamagedSnapshotIsMadeUpForByAnOlderOne(t *testing.T) {
	for name, damage := range map[string]func(whole []byte) []byte{
		"half":               func(whole []byte) []byte { return whole[:len(whole)/2] },
		"empty":              func([]byte) []byte { return nil },
		"garbage":            func([]byte) []byte { return []byte("\x00\xffgarbage, and enough of it") },
		"its end is missing": func(whole []byte) []byte { return whole[:len(whole)-1] },
		"no last record":     func(whole []byte) []byte { return whole[:len(whole)-HeadSize-SnapshotTail] },
		"a byte is another":  func(whole []byte) []byte { whole[len(whole)/2] ^= 1; return whole },
	} {
		t.Run(name, func(t *testing.T) {
			dir, files, want := snapshots(t)
			newest := files[len(files)-1]
			whole, err := os.ReadFile(newest)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(newest, damage(whole), 0o644); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			db := newNotes()
			if _, err := Restore(dir, db, hclog.New(&hclog.LoggerOptions{Output: &log})); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, db.String()); diff != "" {
				t.Errorf("(-written +restored)\n%s", diff)
			}
			if !strings.Contains(log.String(), "snapshot is damaged") || !strings.Contains(log.String(), filepath.Base(newest)) {
				t.Errorf("log: got %s, want the file named", log.String())
			}
		})
	}
}

// What only a damaged snapshot holds was acknowledged, so it is not given up.
func TestDamagedSnapshotThatNothingMakesUpForIsNamed(t *testing.T) {
	dir, files, _ := snapshots(t)
	newest := files[len(files)-1]
	if err := os.WriteFile(newest, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	logs, err := Logs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, zxid := range logs[1:] {
		if err := os.Remove(filepath.Join(dir, Logs.Name(zxid))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(dir, newNotes(), hclog.NewNullLogger()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), newest) {
		t.Errorf("got %v, want %s named", err, newest)
	}
}

func TestSnapshotThatIsWholeAndWrongIsRefused(t *testing.T) {
	snapshot := func(nodes int32, text string) []byte {
		file := Snapshots.header()
		for _, fill := range []func(*zkwire.Encoder){
			func(e *zkwire.Encoder) { e.Long(5) },
			func(e *zkwire.Encoder) { e.Int(1); e.String(text) },
			func(e *zkwire.Encoder) { e.Int(nodes) },
		} {
			e := zkwire.Encoder{Buf: make([]byte, HeadSize)}
			fill(&e)
			Seal(e.Buf)
			file = append(file, e.Buf...)
		}
		return file
	}
	if db, err := reopened(t, Snapshots.Name(5), snapshot(1, "x")); err != nil || db.texts[1] != "x" {
		t.Errorf("a right one: got %v, %v", db, err)
	}
	if _, err := reopened(t, Snapshots.Name(5), snapshot(2, "x")); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "1 nodes of 2") {
		t.Errorf("got %v, want a node missed", err)
	}
	if _, err := reopened(t, Snapshots.Name(5), snapshot(1, spoils)); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "it is spoilt") {
		t.Errorf("got %v, want what the database refused", err)
	}
}
